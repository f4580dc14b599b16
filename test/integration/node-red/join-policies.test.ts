import assert from 'node:assert/strict';
import type { NodeFigures } from '../../../lib/pipeline/node/node-figures';
import { aFunction, forkFlow, joinFlow, onTab, pairOf } from '../../support/join-flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { twoInputModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly payload: unknown;
}

const all = { mode: 'all', names: [] };

describe(`policies of parents in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('two', twoInputModel());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const deploy = async (flow: readonly FlowNode[]): Promise<void> => {
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
  };
  const figures = async (): Promise<NodeFigures> => {
    const health = await lab.nodeRed.api<{ nodes: readonly NodeFigures[] }>('GET', 'health');
    const own = health.body.nodes.find(({ id }) => id === 'model');
    assert.ok(own);
    return own;
  };
  const failures = (): readonly Failure[] => lab.mqtt.on('errors') as Failure[];
  /** Another `mqtt in`, JSON, on a topic of its own. */
  const subscription = (id: string, topic: string, to: readonly string[], name: string): FlowNode =>
    joinFlow(lab.broker.port, [], []).flatMap((one) =>
      one.id === 'in' ? [{ ...one, id, topic, name, wires: [[...to]] }] : [],
    )[0] as FlowNode;

  it('latest: a set point from elsewhere is used by every message, and survives a deploy', async () => {
    const flow = (note: string): FlowNode[] => [
      ...joinFlow(
        lab.broker.port,
        ['b'],
        [aFunction('b', pairOf, ['model'], { name: 'b' }), subscription('set', 'set', ['model'], 'a')],
        {
          result: all,
          info: note,
          parentIds: ['b', 'set'],
          join: { parentKeys: 'name', parents: [{ policy: 'each' }, { policy: 'latest', initial: [0, 0] }] },
        },
      ),
    ];
    await deploy(flow(''));
    assert.deepEqual(await lab.mqtt.ask('in', 1, 'out'), { sum: [1, 1], count: [1, 1] });
    await lab.mqtt.publish('set', [10, 10]);
    await waitFor(async () => {
      const answer = (await lab.mqtt.ask('in', 2, 'out')) as { sum: number[] };
      return answer.sum[0] === 12;
    });
    await deploy(flow('changed'));
    assert.deepEqual(await lab.mqtt.ask('in', 3, 'out'), { sum: [13, 13], count: [3, 3] });
  });

  it('latest with an initial value: a state that is fed back, as recurrent models need', async () => {
    const state = aFunction('state', 'msg.payload = msg.payload.sum; return msg;', ['model'], { name: 'a' });
    const flow = joinFlow(lab.broker.port, ['b'], [aFunction('b', pairOf, ['model'], { name: 'b' }), state], {
      result: all,
      parentIds: ['b', 'state'],
      join: { parentKeys: 'name', parents: [{ policy: 'each' }, { policy: 'latest', initial: [0, 0] }] },
      wires: [['state', 'out']],
    });
    await deploy(flow);
    const sums: unknown[] = [];
    for (const value of [1, 2, 3, 4]) sums.push(((await lab.mqtt.ask('in', value, 'out')) as { sum: number[] }).sum[0]);
    assert.deepEqual(sums, [1, 3, 6, 10]);
    const bad = flow.map((one) =>
      one.id === 'model'
        ? { ...one, join: { parentKeys: 'name', parents: [{ policy: 'each' }, { policy: 'latest' }] } }
        : one,
    );
    await deploy(bad);
    const before = failures().length;
    await lab.mqtt.publish('in', 1);
    await waitFor(() => failures().length > before);
    assert.deepEqual(
      failures()
        .slice(before)
        .map(({ code }) => code),
      ['BAD_JOIN'],
    );
    assert.match(failures()[before]?.message ?? '', /"joint" → "a" → "joint"/);
  });

  it('next: halts until a message comes, earlier ones do not count, one releases all', async () => {
    const go = subscription('go', 'go', ['model'], 'a');
    await deploy(
      joinFlow(lab.broker.port, ['b'], [aFunction('b', pairOf, ['model'], { name: 'b' }), go], {
        result: all,
        parentIds: ['b', 'go'],
        join: { parentKeys: 'name', parents: [{ policy: 'each' }, { policy: 'next' }] },
      }),
    );
    const before = lab.mqtt.on('out').length;
    const answers = (): readonly unknown[] => lab.mqtt.on('out').slice(before);
    await lab.mqtt.publish('go', [100, 100]);
    await lab.mqtt.publish('in', 1);
    await lab.mqtt.publish('in', 2);
    // Goes the same way, after them.
    await lab.untilFlowListens();
    assert.deepEqual(answers(), []);
    await lab.mqtt.publish('go', [10, 10]);
    await waitFor(() => answers().length === 2);
    assert.deepEqual(answers(), [
      { sum: [11, 11], count: [1, 1] },
      { sum: [12, 12], count: [2, 2] },
    ]);
    const { answered, droppedRounds, unusedResults } = await figures();
    assert.deepEqual([answered, droppedRounds, unusedResults], [2, 0, 1]);
  });

  it('optional: is left out when it does not come in time', async () => {
    const third = aFunction('c', 'return msg.payload[0] % 2 ? msg : null;', ['model'], { name: 'c' });
    const tell = aFunction('tell', 'msg.payload = Object.keys(msg.parents); return msg;', ['out']);
    const branches = ['a', 'b'].map((id) => aFunction(id, 'return msg;', ['model'], { name: id }));
    await deploy(
      joinFlow(lab.broker.port, ['pair'], [aFunction('pair', pairOf, ['a', 'b', 'c']), ...branches, third, tell], {
        result: all,
        inputMap: [
          { input: 'a', value: '0', valueType: 'parent' },
          { input: 'b', value: '1', valueType: 'parent' },
        ],
        parentIds: ['a', 'b', 'c'],
        join: {
          parentKeys: 'name',
          keepParents: true,
          optionalWaitMs: 200,
          parents: [{ policy: 'each' }, { policy: 'each' }, { policy: 'optional' }],
        },
        wires: [['tell']],
      }),
    );
    assert.deepEqual(await lab.mqtt.ask('in', 1, 'out'), ['a', 'b', 'c']);
    assert.deepEqual(await lab.mqtt.ask('in', 2, 'out'), ['a', 'b']);
  });

  it('GIVEN_a_branch_that_drops_messages_WHEN_the_time_limit_passes_THEN_one_error_for_each_and_the_others_are_answered', async () => {
    const sieve = aFunction('sieve', 'return msg.payload[0] % 2 ? null : msg;', ['b']);
    const flow = forkFlow(lab.broker.port, {
      result: all,
      // Longer than Node-RED may stand still: what has both its branches is joined all the same.
      join: { parentKeys: 'name', timeoutMs: 5_000 },
    }).map((one) => (one.id === 'pair' ? { ...one, wires: [['a', 'sieve']] } : one));
    await deploy([...flow, sieve]);
    const before = { out: lab.mqtt.on('out').length, errors: failures().length };
    for (let number = 0; number < 20; number += 1) await lab.mqtt.publish('in', number);
    await waitFor(() => failures().length >= before.errors + 10 && lab.mqtt.on('out').length >= before.out + 10);
    const own = failures().slice(before.errors);
    assert.deepEqual(
      own.map(({ code }) => code),
      Array.from({ length: 10 }, () => 'JOIN_TIMEOUT'),
    );
    assert.ok(own.every(({ message }) => message.includes('no result of "b" came')));
    assert.deepEqual(
      own.map(({ payload }) => (payload as number[])[0]).sort((one, other) => Number(one) - Number(other)),
      Array.from({ length: 10 }, (_, index) => 2 * index + 1),
    );
    const { answered, droppedRounds, unusedResults } = await figures();
    assert.deepEqual([answered, droppedRounds, unusedResults], [10, 10, 0]);
  });

  it('any: every message runs alone, as wires of Node-RED do', async () => {
    const one = aFunction('a', 'msg.payload = { a: [7, 7], b: [1, 1] }; return msg;', ['model'], { name: 'a' });
    const other = aFunction('b', 'msg.payload = { a: [8, 8], b: [1, 1] }; return msg;', ['model'], { name: 'b' });
    await deploy(joinFlow(lab.broker.port, ['a', 'b'], [one, other], { result: all, join: { mode: 'any' } }));
    const before = lab.mqtt.on('out').length;
    await lab.mqtt.publish('in', 0);
    await waitFor(() => lab.mqtt.on('out').length === before + 2);
    const sums = (lab.mqtt.on('out').slice(before) as { sum: number[] }[]).map(({ sum }) => sum[0]);
    assert.deepEqual(sums.sort(), [8, 9]);
  });

  it('reset: a message empties the join', async () => {
    const half = aFunction('sieve', 'return msg.payload[0] < 0 ? null : msg;', ['b']);
    const mark = aFunction('mark', 'if (msg.payload[0] === 0) msg.reset = true; return msg;', ['model'], { name: 'a' });
    const flow = joinFlow(
      lab.broker.port,
      ['pair'],
      [aFunction('pair', pairOf, ['mark', 'sieve']), mark, half, onTab('b', 'junction', ['named'])],
      { result: all, join: { parentKeys: 'name', key: 'none', timeoutMs: 0 } },
    );
    await deploy([...flow, aFunction('named', 'return msg;', ['model'], { name: 'b' })]);
    await lab.mqtt.publish('in', -5);
    const before = lab.mqtt.on('out').length;
    await lab.mqtt.publish('in', 0);
    await lab.untilFlowListens();
    assert.equal(lab.mqtt.on('out').length, before);
    // Its other half came after the reset and is the first of the next pair.
    await lab.mqtt.publish('in', 6);
    await waitFor(() => lab.mqtt.on('out').length === before + 1);
    assert.deepEqual(lab.mqtt.on('out').at(-1), { sum: [6, 6], count: [0, 0] });
  });
});
