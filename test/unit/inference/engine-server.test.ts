import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { ModelServer } from '../../../lib/inference/child/model-server';
import type { RunnableModel } from '../../../lib/inference/child/runnable-model';
import type { Tensor } from '../../../lib/inference/tensor';
import { FrameStream } from '../../../lib/inference/wire/frame-stream';
import { FrameWriter } from '../../../lib/inference/wire/frame-writer';
import type { AnswerItem, Frame } from '../../../lib/inference/wire/frames';
import { floats } from '../../support/feeds';

/** Doubles `x`; refuses negative numbers; from 100 on takes 10 ms. */
const doubling: RunnableModel = {
  signature: {
    inputs: [{ name: 'x', type: 'float32', shape: [1] }],
    outputs: [
      { name: 'y', type: 'float32', shape: [1] },
      { name: 'z', type: 'float32', shape: [1] },
    ],
  },
  run: (feeds, fetches) => {
    const x = Number(feeds.get('x')?.data[0]);
    if (x < 0) throw new Error(`${x} is negative`);
    const end = performance.now() + (x >= 100 ? 10 : 0);
    while (performance.now() < end);
    return new Map<string, Tensor>(fetches.map((name) => [name, floats([1], 2 * x)]));
  },
};

const later: RunnableModel = {
  signature: doubling.signature,
  run: async (feeds, fetches) => {
    await turn();
    return doubling.run(feeds, fetches);
  },
};

function requests(firstId: number, ...values: number[]): Frame {
  const items = values.map((value, n) => ({
    id: firstId + n,
    fetches: [0],
    tensors: [{ index: 0, tensor: floats([1], value) }],
  }));
  return { kind: 'requests', items };
}

/** Each write as the answers in it. */
function serverOf(model: RunnableModel) {
  const writes: AnswerItem[][] = [];
  const progress: number[] = [];
  const sink = {
    write: (bytes: Buffer) => {
      const answers: AnswerItem[] = [];
      const stream = new FrameStream((frame) => {
        if (frame.kind === 'answers') answers.push(...frame.items);
      });
      stream.push(bytes);
      writes.push(answers);
    },
    cork: () => undefined,
    uncork: () => undefined,
  };
  const server = new ModelServer(model, new FrameWriter(sink), {
    begin: (id) => progress.push(id),
    end: () => progress.push(-1),
  });
  return { server, writes, progress };
}

const summary = (answer: AnswerItem): string =>
  answer.status === 'ok' ? `${answer.id}=${answer.tensors[0]?.tensor.data[0]}` : `${answer.id}: ${answer.message}`;

for (const { name, model } of [
  { name: 'a runtime that answers at once', model: doubling },
  { name: 'a runtime that answers later', model: later },
]) {
  describe(`ModelServer over ${name}`, () => {
    it('answers the requests of a frame in their order, each with its own status', async () => {
      const { server, writes, progress } = serverOf(model);
      server.accept(requests(1, 1, -2, 3));
      server.accept(requests(4, 4));
      await server.serve();
      assert.deepEqual(writes.flat().map(summary), ['1=2', '2: -2 is negative', '3=6', '4=8']);
      assert.deepEqual(progress, [1, -1, 2, -1, 3, -1, 4, -1]);
    });

    it('sends the answers of slow requests as they come, not with the last', async () => {
      const { server, writes } = serverOf(model);
      server.accept(requests(1, 100, 101, 102));
      await server.serve();
      assert.deepEqual(
        writes.map((answers) => answers.map(summary)),
        [['1=200'], ['2=202'], ['3=204']],
      );
    });

    it('runs frames that come meanwhile after those that wait, and never two at once', async () => {
      const { server, writes, progress } = serverOf(model);
      server.accept(requests(1, 100, 101));
      const first = server.serve();
      server.accept(requests(3, 3));
      await Promise.all([first, server.serve()]);
      assert.deepEqual(writes.flat().map(summary), ['1=200', '2=202', '3=6']);
      assert.ok(progress.every((id, n) => n % 2 === 1 || id > 0));
    });
  });
}

describe('ModelServer', () => {
  it('sends the answers of one turn in one write', async () => {
    const { server, writes } = serverOf(doubling);
    server.accept(requests(1, 1, 2));
    server.accept(requests(3, 3));
    await server.serve();
    assert.equal(writes.length, 1);
  });

  it('gives every output when none is named', async () => {
    const { server, writes } = serverOf(doubling);
    server.accept({
      kind: 'requests',
      items: [{ id: 1, fetches: [], tensors: [{ index: 0, tensor: floats([1], 1) }] }],
    });
    await server.serve();
    const [answer] = writes.flat();
    assert.deepEqual(answer?.status === 'ok' && answer.tensors.map(({ index }) => index), [0, 1]);
  });

  it('takes no answers', () => {
    assert.throws(() => serverOf(doubling).server.accept({ kind: 'answers', items: [] }), /requests only/);
  });
});
