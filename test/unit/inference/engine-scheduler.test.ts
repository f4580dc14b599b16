import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { FrameScheduler, waitingLimits } from '../../../lib/inference/processes/frame-scheduler';
import { PendingRequest } from '../../../lib/inference/processes/pending-request';
import type { Tensor } from '../../../lib/inference/tensor';

const rowOf = (...dims: number[]): Tensor => ({
  type: 'float32',
  dims,
  data: new Float32Array(dims.reduce((product, size) => product * size, 1)),
});

interface Wanted {
  readonly tensors?: readonly Tensor[];
  readonly fetches?: readonly number[];
  readonly sender?: unknown;
}

function aRequest(id: number, { tensors = [rowOf(1, 4)], fetches = [], sender }: Wanted = {}): PendingRequest {
  const item = { id, fetches, tensors: tensors.map((tensor, index) => ({ index, tensor })) };
  return new PendingRequest(item, sender, () => undefined);
}

const idsOf = (frames: readonly (readonly PendingRequest[])[]): number[][] =>
  frames.map((frame) => frame.map(({ item }) => item.id));

function filled(count: number, wanted: Wanted = {}): FrameScheduler {
  const scheduler = new FrameScheduler();
  for (let id = 1; id <= count; id++) scheduler.add(aRequest(id, wanted));
  return scheduler;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const gone = new ModelManagementError('ABORTED', 'gone', 'none');

describe('FrameScheduler without batches', () => {
  it('lets requests leave in the order they came, one in each frame', () => {
    assert.deepEqual(idsOf(filled(3).take()), [[1], [2], [3]]);
  });

  it('keeps at most 64 frames in the child and refills by the answers', () => {
    const scheduler = filled(70);
    assert.equal(scheduler.take().length, 64);
    assert.deepEqual(scheduler.take(), []);
    scheduler.answered(7);
    scheduler.answered(8);
    assert.deepEqual(idsOf(scheduler.take()), [[65], [66]]);
  });

  it('keeps two in the child when they are slow, so that whoever comes need not wait for many', () => {
    const scheduler = filled(9);
    for (let n = 0; n < 50; n += 1) scheduler.observe(1, 90);
    assert.deepEqual(idsOf(scheduler.take()), [[1], [2]]);
  });

  it('sends no further frame while 16 MiB are in the child, yet always one', () => {
    const scheduler = filled(3, { tensors: [rowOf(1, 5 * 1024 * 1024)] });
    assert.deepEqual(idsOf(scheduler.take()), [[1]]);
    assert.deepEqual(idsOf(scheduler.take()), []);
    scheduler.answered(1);
    assert.deepEqual(idsOf(scheduler.take()), [[2]]);
  });

  it('lets the senders take turns', () => {
    const scheduler = filled(64, { sender: 'flood' });
    for (const id of [101, 102]) scheduler.add(aRequest(id, { sender: 'drop' }));
    assert.deepEqual(idsOf(scheduler.take()).flat().slice(0, 5), [1, 101, 2, 102, 3]);
  });

  it('runs those that were in a dead child one by one before all others', () => {
    const scheduler = filled(2);
    scheduler.take();
    scheduler.add(aRequest(3));
    scheduler.add(aRequest(4));
    for (const request of scheduler.takeLost()) scheduler.suspect(request);
    const rounds: number[][][] = [];
    for (const answered of [1, 2, 3]) {
      rounds.push(idsOf(scheduler.take()), idsOf(scheduler.take()));
      scheduler.answered(answered);
    }
    assert.deepEqual(rounds, [[[1]], [], [[2]], [], [[3], [4]], []]);
  });

  it('forgets what is given up while it waits, and does not run again what was given up in the child', () => {
    const scheduler = new FrameScheduler();
    const [first, second, third] = [aRequest(1), aRequest(2), aRequest(3)];
    for (const request of [first, second, third]) scheduler.add(request);
    scheduler.abandon(first);
    assert.deepEqual(idsOf(scheduler.take()), [[2], [3]]);
    scheduler.abandon(third);
    third.settle(gone);
    assert.equal(scheduler.inFlightCount, 2);
    assert.deepEqual(idsOf([scheduler.takeLost()]), [[2]]);
  });

  it('passes over a suspect that was given up before its turn', () => {
    const scheduler = filled(2);
    scheduler.take();
    const lost = scheduler.takeLost();
    for (const request of lost) scheduler.suspect(request);
    lost[0]?.settle(gone);
    assert.deepEqual(idsOf(scheduler.take()), [[2]]);
  });

  it('hands everything back once, oldest first', () => {
    const scheduler = filled(3);
    scheduler.take();
    for (const request of scheduler.takeLost()) scheduler.suspect(request);
    scheduler.add(aRequest(4));
    scheduler.take();
    assert.deepEqual(idsOf([scheduler.takeAll()]), [[1, 2, 3, 4]]);
    assert.equal(scheduler.count, 0);
  });

  it('has room for so many of one sender, and for others beside', () => {
    const scheduler = filled(waitingLimits.perSender, { sender: 'flood' });
    assert.equal(scheduler.hasRoomFor(aRequest(9_001, { sender: 'flood' })), false);
    assert.equal(scheduler.hasRoomFor(aRequest(9_002, { sender: 'drop' })), true);
  });

  it('has room for 256 MiB that wait, yet always for one', () => {
    const scheduler = new FrameScheduler();
    const large = (id: number): PendingRequest => aRequest(id, { tensors: [rowOf(1, 32 * 1024 * 1024)] });
    assert.equal(scheduler.hasRoomFor(large(1)), true);
    for (const id of [1, 2]) scheduler.add(large(id));
    assert.equal(scheduler.hasRoomFor(large(3)), false);
    scheduler.take();
    assert.equal(scheduler.hasRoomFor(large(3)), true);
  });
});

describe('FrameScheduler with batches', () => {
  function batching(count: number, wanted: Wanted = {}, limits = { maxRows: 64, rowMs: 0.02 }): FrameScheduler {
    const scheduler = filled(count, wanted);
    scheduler.start(limits);
    return scheduler;
  }

  it('sends all that waits as one, and nothing more until the child is idle', () => {
    const scheduler = batching(3);
    assert.deepEqual(idsOf(scheduler.take()), [[1, 2, 3]]);
    scheduler.add(aRequest(4));
    scheduler.add(aRequest(5));
    for (const id of [1, 2]) scheduler.answered(id);
    assert.deepEqual(scheduler.take(), []);
    scheduler.answered(3);
    assert.deepEqual(idsOf(scheduler.take()), [[4, 5]]);
  });

  it('puts at most 64 rows into one', () => {
    assert.deepEqual(idsOf(batching(70).take()), [range(1, 64)]);
  });

  it('puts no more rows into one than were proven', () => {
    assert.deepEqual(idsOf(batching(9, {}, { maxRows: 5, rowMs: 0.02 }).take()), [range(1, 5)]);
  });

  it('puts no more rows into one than run in 15 ms', () => {
    assert.deepEqual(idsOf(batching(20, {}, { maxRows: 64, rowMs: 1.5 }).take()), [range(1, 10)]);
  });

  it('takes more when rows turn out faster together, and none together when they are slow', () => {
    const scheduler = batching(200, {}, { maxRows: 64, rowMs: 1.5 });
    for (let n = 0; n < 50; n += 1) scheduler.observe(10, 2);
    assert.equal(scheduler.take()[0]?.length, 64);
    for (const id of range(1, 64)) scheduler.answered(id);
    for (let n = 0; n < 50; n += 1) scheduler.observe(1, 90);
    assert.deepEqual(idsOf(scheduler.take()), [[65], [66]]);
  });

  it('counts the rows of a request, and leaves one of more rows than that alone', () => {
    const scheduler = new FrameScheduler();
    scheduler.start({ maxRows: 64, rowMs: 0.02 });
    for (const [id, rows] of [
      [1, 30],
      [2, 30],
      [3, 30],
      [4, 500],
    ] as const) {
      scheduler.add(aRequest(id, { tensors: [rowOf(rows, 4)] }));
    }
    assert.deepEqual(idsOf(scheduler.take()), [[1, 2], [3]]);
    for (const id of [1, 2, 3]) scheduler.answered(id);
    assert.deepEqual(idsOf(scheduler.take()), [[4]]);
  });

  for (const { name, other } of [
    { name: 'another trailing size', other: { tensors: [rowOf(1, 5)] } },
    { name: 'another rank', other: { tensors: [rowOf(1, 4, 1)] } },
    { name: 'another type', other: { tensors: [{ ...rowOf(1, 4), type: 'int32', data: new Int32Array(4) } as const] } },
    { name: 'other outputs', other: { fetches: [1] } },
    { name: 'inputs of unequal rows', other: { tensors: [rowOf(1, 4), rowOf(2, 4)] } },
    { name: 'no rows', other: { tensors: [rowOf(0, 4)] } },
    { name: 'a scalar', other: { tensors: [rowOf()] } },
  ]) {
    it(`keeps a request with ${name} out of the batch of others`, () => {
      const scheduler = batching(2);
      scheduler.add(aRequest(3, other));
      scheduler.add(aRequest(4));
      assert.deepEqual(idsOf(scheduler.take()), [[1, 2, 4], [3]]);
    });
  }

  it('runs those of a batch that killed the child one by one, and batches again after them', () => {
    const scheduler = batching(2);
    scheduler.take();
    for (const request of scheduler.takeLost()) scheduler.suspect(request);
    for (const id of [3, 4]) scheduler.add(aRequest(id));
    const rounds: number[][][] = [];
    for (const id of [1, 2]) {
      rounds.push(idsOf(scheduler.take()));
      scheduler.answered(id);
    }
    assert.deepEqual([...rounds, idsOf(scheduler.take())], [[[1]], [[2]], [[3, 4]]]);
  });

  it('mixes the senders of a batch by turns', () => {
    const scheduler = batching(200, { sender: 'flood' });
    for (const id of range(301, 310)) scheduler.add(aRequest(id, { sender: 'drop' }));
    const [batch = []] = idsOf(scheduler.take());
    assert.deepEqual(
      batch.filter((id) => id > 300),
      range(301, 310),
    );
  });
});
