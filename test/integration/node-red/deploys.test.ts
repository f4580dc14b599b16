import assert from 'node:assert/strict';
import type { Model } from '../../../lib/registry/types';
import { fanFlow, modelFlow, onAnotherTab } from '../../support/flows';
import { ModelLab, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

type Tagged = { readonly node: string; readonly payload: readonly number[] };
type Failure = { readonly code: string; readonly node: string };

const first = (answer: unknown): number => (answer as number[])[0] ?? Number.NaN;
const input = [0, 0, 0, 0];

describe(`deploys of flows with onnx-model in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    await lab.upload('other', addModel(100));
    await lab.mqtt.client.subscribeAsync('out-b');
  });
  after(() => lab?.[Symbol.asyncDispose]());

  /** One message; the answers of all nodes, by their ids. */
  const askAll = async (count: number): Promise<Record<string, readonly number[]>> => {
    const before = lab.mqtt.on('out').length;
    await lab.mqtt.publish('in', input);
    await waitFor(() => lab.mqtt.on('out').length >= before + count, {
      what: () => `${count} answers`,
    });
    const answers = lab.mqtt.on('out').slice(before) as Tagged[];
    assert.equal(answers.length, count);
    return Object.fromEntries(answers.map(({ node, payload }) => [node, payload]));
  };
  const fan = (nodes: Parameters<typeof fanFlow>[0]) => fanFlow(nodes, { brokerPort: lab.broker.port });
  const deploy = async (flow: readonly FlowNode[]): Promise<void> => {
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
  };
  const usedBy = async (model: string) => (await lab.nodeRed.api<Model>('GET', `models/${model}`)).body.usedBy;

  for (const type of ['nodes', 'flows'] as const) {
    it(`GIVEN_a_stream_through_two_tabs_WHEN_${type}_of_one_are_deployed_THEN_the_other_answers_every_message`, async () => {
      const flow = (version: string) => [
        ...modelFlow({ model: 'plus', brokerPort: lab.broker.port }),
        ...onAnotherTab(
          modelFlow({ model: 'plus', brokerPort: 0, outbound: 'out-b', node: { name: `v${version}` } }),
          '-b',
        ),
      ];
      await deploy(flow('0'));
      const before = { out: lab.mqtt.on('out').length, errors: lab.mqtt.on('errors').length };
      const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
      for (let round = 1; round <= 4; round += 1) {
        await lab.nodeRed.deploy(flow(String(round)), type);
        const from = lab.mqtt.on('out-b').length;
        await waitFor(() => lab.mqtt.on('out-b').length > from + 20, { what: 'answers of the tab that was deployed' });
      }
      const sentCount = await stream.stop();
      await waitFor(() => lab.mqtt.on('out').length >= before.out + sentCount);
      assert.deepEqual(
        lab.mqtt.on('out').slice(before.out).map(first),
        Array.from({ length: sentCount }, (_, index) => index + 1),
      );
      const errors = lab.mqtt.on('errors').slice(before.errors) as Failure[];
      assert.deepEqual(
        errors.filter(({ node, code }) => node !== 'model-b' || code !== 'ABORTED'),
        [],
      );
      assert.deepEqual((await usedBy('plus')).map(({ id }) => id).sort(), ['model', 'model-b']);
    });
  }

  it('GIVEN_a_stream_WHEN_everything_is_deployed_anew_THEN_the_same_process_answers_on', async () => {
    const flow = (name: string) => modelFlow({ model: 'plus', brokerPort: lab.broker.port, node: { name } });
    await deploy(flow('0'));
    const [before] = await lab.engineModels();
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    for (const name of ['1', '2', '3']) {
      await deploy(flow(name));
      const from = lab.mqtt.on('out').length;
      await waitFor(() => lab.mqtt.on('out').length > from + 20);
    }
    await stream.stop();
    const models = (await lab.engineModels()).filter(({ model }) => model === 'plus');
    assert.deepEqual(
      models.map(({ pid }) => pid),
      [before?.pid],
    );
  });

  it('two nodes on one model share one process, and a swap moves both', async () => {
    await lab.upload('shared', addModel(1));
    await lab.upload('shared', addModel(2));
    await deploy(fan({ a: { model: 'shared' }, b: { model: 'SHARED' } }));
    assert.deepEqual(await askAll(2), { a: [1, 1, 1, 1], b: [1, 1, 1, 1] });
    const pids = async () => (await lab.engineModels()).filter(({ model }) => model === 'shared').map(({ pid }) => pid);
    assert.equal((await pids()).length, 1);
    await lab.setDeployed('shared', 2);
    assert.deepEqual(await askAll(2), { a: [2, 2, 2, 2], b: [2, 2, 2, 2] });
    await waitFor(async () => (await pids()).length === 1, { what: 'the old version to end' });
  });

  it('runs twenty nodes on five models in five processes', async () => {
    for (let model = 1; model <= 5; model += 1) await lab.upload(`many${model}`, addModel(model));
    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await deploy(fan(Object.fromEntries(ids.map((id, index) => [id, { model: `many${(index % 5) + 1}` }]))));
    const answers = await askAll(20);
    for (const [index, id] of ids.entries()) assert.equal(first(answers[id]), (index % 5) + 1);
    const own = (await lab.engineModels()).filter(({ model }) => model.startsWith('many'));
    assert.equal(own.length, 5);
  });

  it('a node of a disabled tab uses nothing, until the tab is enabled', async () => {
    const flow = (disabled: boolean) => {
      const base = modelFlow({ model: 'plus', brokerPort: lab.broker.port });
      const hidden = onAnotherTab(modelFlow({ model: 'other', brokerPort: 0, outbound: 'out-b' }), '-b');
      return [...base, ...hidden.map((entry) => (entry.type === 'tab' ? { ...entry, disabled } : entry))];
    };
    await deploy(flow(true));
    assert.deepEqual(await lab.mqtt.ask('in', input, 'out'), [1, 1, 1, 1]);
    assert.deepEqual(await usedBy('other'), []);
    await deploy(flow(false));
    assert.deepEqual(await lab.mqtt.ask('in', input, 'out-b'), [100, 100, 100, 100]);
    assert.deepEqual(
      (await usedBy('other')).map(({ id, tab }) => [id, tab]),
      [['model-b', 'Test tab']],
    );
  });

  it('runs inside a subflow, once for each instance, by the properties of the instance', async () => {
    const base = modelFlow({ model: 'plus', brokerPort: lab.broker.port }).filter(({ id }) => id !== 'model');
    const instance = (id: string, model: string) => ({
      id,
      type: 'subflow:sub',
      z: 'tab',
      name: id,
      env: [{ name: 'MODEL', value: model, type: 'str' }],
      x: 300,
      y: 100,
      wires: [['out']],
    });
    await deploy([
      {
        id: 'sub',
        type: 'subflow',
        name: 'sub',
        info: '',
        in: [{ x: 50, y: 50, wires: [{ id: 'inner' }] }],
        out: [{ x: 200, y: 50, wires: [{ id: 'inner', port: 0 }] }],
        env: [{ name: 'MODEL', type: 'str', value: '' }],
      },
      { id: 'inner', type: 'onnx-model', z: 'sub', name: 'inner', model: '${MODEL}', x: 100, y: 50, wires: [[]] },
      ...base.map((entry) => (entry.id === 'in' ? { ...entry, wires: [['i1', 'i2']] } : entry)),
      instance('i1', 'plus'),
      instance('i2', 'other'),
    ]);
    const before = lab.mqtt.on('out').length;
    await lab.mqtt.publish('in', input);
    await waitFor(() => lab.mqtt.on('out').length === before + 2);
    assert.deepEqual(lab.mqtt.on('out').slice(before).map(first).sort(), [1, 100]);
    assert.deepEqual([(await usedBy('plus')).length, (await usedBy('other')).length], [1, 1]);
  });

  it('a node with a configuration it cannot read says so, and the rest of the flow runs', async () => {
    await deploy(fan({ good: { model: 'plus' }, bad: { model: 'plus', queue: { max: -1 } } }));
    const before = lab.mqtt.on('errors').length;
    assert.deepEqual(await askAll(1), { good: [1, 1, 1, 1] });
    await waitFor(() => lab.mqtt.on('errors').length > before);
    const [failure] = lab.mqtt.on('errors').slice(before) as Failure[];
    assert.deepEqual([failure?.code, failure?.node], ['INVALID_INPUT', 'bad']);
    assert.match(lab.nodeRed.log, /\[onnx-model:bad\] queue\.max/);
  });

  it('names of models that cannot be are models that are not there', async () => {
    const names = [
      '',
      '../plus',
      '__proto__',
      'constructor',
      'a/b',
      'ä ö',
      '💥',
      'plus ',
      'x'.repeat(300),
      "'; --",
      '%00',
    ];
    const files = ['', '.', 'node_modules', 'nowhere/at/all.onnx', 'settings.js/x', '💥', 'x'.repeat(300)];
    const nodes = Object.fromEntries([
      ...names.map((model, index) => [`n${index}`, { model }]),
      ...names.map((version, index) => [`v${index}`, { model: 'plus', version: version || 'none' }]),
      ...files.map((file, index) => [`f${index}`, { source: 'file', file }]),
    ]) as Record<string, Record<string, string>>;
    await deploy(fan(nodes));
    const before = lab.mqtt.on('errors').length;
    const count = Object.keys(nodes).length;
    await lab.mqtt.publish('in', input);
    await waitFor(() => lab.mqtt.on('errors').length >= before + count, {
      what: () => JSON.stringify(lab.mqtt.on('errors').slice(before)),
    });
    const codes = (lab.mqtt.on('errors').slice(before) as Failure[]).map(({ code, node }) => `${node} ${code}`);
    const expected = Object.keys(nodes).map(
      (id) => `${id} ${id === 'f1' || id === 'f2' ? 'INVALID_INPUT' : 'MODEL_NOT_FOUND'}`,
    );
    assert.deepEqual(codes.sort(), expected.sort());
  });
});
