import assert from 'node:assert/strict';
import type { Version } from '../../../lib/registry/types';
import { inBursts, modelFlow } from '../../support/flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { addModel, identityModel, irisModel, loopModel, type ModelSpec } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

/** Payloads `{rounds, x}` for the loop model. */
const byRounds = [
  { input: 'n', value: 'payload.rounds', valueType: 'msg' },
  { input: 'x', value: '[payload.x]', valueType: 'jsonata' },
];
/** Like the loop model, but never takes long. */
const quickModel: ModelSpec = {
  ...loopModel(),
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  weights: [],
};
const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);
const first = (answer: unknown): number => (answer as number[])[0] ?? Number.NaN;

describe(`messages through onnx-model in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    await lab.upload('slow', loopModel());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** Sends all at once; the first numbers of the answers, once there are `answerCount` and a last one has come. */
  const burst = async (payloads: readonly unknown[], answerCount: number): Promise<number[]> => {
    const before = lab.mqtt.on('out').length;
    for (let from = 0; from < payloads.length; from += 500) {
      await Promise.all(payloads.slice(from, from + 500).map((payload) => lab.mqtt.publish('in', payload)));
    }
    await waitFor(() => lab.mqtt.on('out').length >= before + answerCount, {
      what: () => `${answerCount} answers (got ${lab.mqtt.on('out').length - before})`,
    });
    return lab.mqtt.on('out').slice(before).map(first);
  };

  it('a burst of five thousand leaves in order', async () => {
    await lab.deployFlow('plus', { node: { queue: { max: 10_000, overflow: 'error' } } });
    const payloads = numbers(5_000).map((index) => [index, 0, 0, 0]);
    assert.deepEqual(await burst(payloads, 5_000), numbers(5_000, 1));
    assert.deepEqual(lab.mqtt.on('errors'), []);
  });

  it('a payload of ten megabytes comes back whole', async () => {
    await lab.upload('same', identityModel());
    await lab.deployFlow('same');
    const rows = numbers(400_000).map((index) => [index, 1.25, 2.25, 3.25]);
    assert.ok(JSON.stringify(rows).length > 8_000_000);
    assert.deepEqual(await lab.mqtt.ask('in', rows, 'out', 40_000), rows);
  });

  for (const { overflow, max, answered } of [
    // Half of the queue may be in the engine, where nothing is dropped any more: 1 runs, 2 waits there.
    { overflow: 'dropOldest', max: 4, answered: [1, 2, 18, 19, 20] },
    { overflow: 'keepNewest', max: 4, answered: [1, 20] },
  ] as const) {
    it(`with ${overflow} and a model that is too slow, answers exactly the messages the rule keeps`, async () => {
      const flow = modelFlow({
        model: 'slow',
        brokerPort: lab.broker.port,
        node: { inputMap: byRounds, queue: { max, overflow } },
      });
      const done = { z: 'tab', x: 100, y: 400 };
      await lab.nodeRed.deploy([
        ...inBursts(flow),
        { id: 'complete', type: 'complete', scope: ['model'], uncaught: false, ...done, wires: [['completed']] },
        { id: 'completed', type: 'mqtt out', topic: 'completed', qos: '0', broker: 'broker', ...done, wires: [] },
      ]);
      await lab.untilFlowListens();
      await lab.mqtt.client.subscribeAsync('completed');
      const known = lab.mqtt.on('completed').length;
      await lab.mqtt.ask('in', [{ rounds: 1, x: 0 }], 'out');
      await waitFor(() => lab.mqtt.on('completed').length === known + 1, { what: 'done of the first message' });
      const before = known + 1;
      const payloads = numbers(20, 1).map((x) => ({ rounds: x === 1 ? 1_000_000 : 1, x }));
      assert.deepEqual(await burst([payloads], answered.length), answered);
      await waitFor(() => lab.mqtt.on('completed').length === before + 20, { what: 'done of each message' });
      assert.equal(lab.mqtt.on('out').map(first).at(-1), 20);
    });
  }

  it('keeps the order across a swap from a slow version to a quick one', async () => {
    await lab.upload('turn', loopModel());
    await lab.upload('turn', quickModel, 'force=true');
    await lab.deployFlow('turn', { node: { inputMap: byRounds } });
    await lab.mqtt.ask('in', { rounds: 1, x: 0 }, 'out');
    const before = lab.mqtt.on('out').length;
    const send = (indices: readonly number[]) =>
      Promise.all(indices.map((x) => lab.mqtt.publish('in', { rounds: 40_000, x })));
    await send(numbers(30));
    await lab.setDeployed('turn', 2);
    await send(numbers(30, 30));
    await waitFor(() => lab.mqtt.on('out').length >= before + 60);
    assert.deepEqual(lab.mqtt.on('out').slice(before).map(first), numbers(60));
  });

  it('takes over edited labels and features of the version at once, in the same process', async () => {
    await lab.upload('iris', irisModel());
    await lab.deployFlow('iris', { node: { format: 'label' } });
    const ask = async (payload: unknown) => ((await lab.mqtt.ask('in', payload, 'out')) as { label: string }).label;
    const before = await ask([5, 3, 1, 0]);
    const pid = async () => (await lab.engineModels()).find(({ model }) => model === 'iris')?.pid;
    const pidBefore = await pid();
    const patch = { labels: ['a', 'b', 'c'], features: ['p', 'q', 'r', 's'] };
    const answer = await lab.nodeRed.api<Version>('PATCH', 'models/iris/versions/1', patch);
    assert.equal(answer.status, 200, answer.text);
    const expected = patch.labels[['setosa', 'versicolor', 'virginica'].indexOf(before)];
    assert.equal(await ask([5, 3, 1, 0]), expected);
    assert.equal(await ask({ p: 5, q: 3, r: 1, s: 0 }), expected);
    assert.equal(await pid(), pidBefore);
  });

  it('answers messages that come while Node-RED starts, before the model is loaded', async () => {
    const at = { z: 'tab', x: 100, y: 500 };
    const starting: FlowNode[] = [
      { id: 'once', type: 'inject', props: [], repeat: '', once: true, onceDelay: 0, ...at, wires: [['early']] },
      {
        id: 'early',
        type: 'function',
        func: 'for (let i = 0; i < 100; i++) node.send({ payload: [i, 0, 0, 0] }); return null;',
        outputs: 1,
        ...at,
        wires: [['early-model']],
      },
      { id: 'early-model', type: 'onnx-model', model: 'plus', ...at, wires: [['keep']] },
      {
        id: 'keep',
        type: 'function',
        func: "flow.set('kept', [...(flow.get('kept') ?? []), msg.payload[0]]); return null;",
        outputs: 1,
        ...at,
        wires: [[]],
      },
      { id: 'get', type: 'http in', url: '/kept', method: 'get', upload: false, ...at, wires: [['read']] },
      {
        id: 'read',
        type: 'function',
        func: "msg.payload = flow.get('kept') ?? []; return msg;",
        outputs: 1,
        ...at,
        wires: [['response']],
      },
      { id: 'response', type: 'http response', statusCode: '200', ...at, wires: [] },
    ];
    await lab.nodeRed.deploy([...modelFlow({ model: 'plus', brokerPort: lab.broker.port }), ...starting]);
    await lab.nodeRed.restart();
    const kept = async () => (await lab.nodeRed.request<number[]>('GET', 'kept')).body;
    await waitFor(async () => (await kept()).length >= 100, { what: 'a hundred early answers' });
    assert.deepEqual(await kept(), numbers(100, 1));
  });

  it('works with synchronous delivery, also from one onnx-model into the next', async () => {
    await using own = await ModelLab.start({ settings: 'runtimeSyncDelivery: true,' });
    await own.upload('plus', addModel(1));
    const flow = modelFlow({ model: 'plus', brokerPort: own.broker.port });
    const second = { id: 'second', type: 'onnx-model', z: 'tab', model: 'plus', x: 400, y: 100, wires: [['out']] };
    await own.nodeRed.deploy([
      ...flow.map((entry) => (entry.id === 'model' ? { ...entry, wires: [['second']] } : entry)),
      second,
    ]);
    await own.untilFlowListens();
    for (const index of numbers(20)) await own.mqtt.publish('in', [index, 0, 0, 0]);
    await waitFor(() => own.mqtt.on('out').length === 20);
    assert.deepEqual(own.mqtt.on('out').map(first), numbers(20, 2));
    assert.equal(((await own.mqtt.ask('in', ['x'], 'errors')) as { code: string }).code, 'INVALID_INPUT');
    assert.deepEqual(await own.mqtt.ask('in', [7, 0, 0, 0], 'out'), [9, 2, 2, 2]);
  });
});
