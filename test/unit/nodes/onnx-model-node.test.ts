import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import helper from 'node-red-node-test-helper';
import { ModelManagementError } from '../../../lib/errors';
import { Digest, ModelName, VersionNumber } from '../../../lib/ids';
import type { ModelTarget } from '../../../lib/inference/engine';
import type { ModelSource } from '../../../lib/inference/served-version';
import { Serving, servingSlot } from '../../../lib/inference/serving';
import { silentLog } from '../../../lib/log';
import register from '../../../nodes/onnx-model/onnx-model';
import { type EngineLab, openEngineLab } from '../../support/engine-lab';
import { nodeRedMajor } from '../../support/node-red';
import { addModel, loopModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

interface Heard extends NodeMessage {
  readonly model?: {
    readonly name: string;
    readonly version: number;
    readonly digest: string;
    readonly durationMs: number;
  };
  readonly error?: { readonly code?: string; readonly message: string };
  readonly status?: { readonly fill?: string; readonly text: string; readonly source: { readonly id: string } };
  readonly [key: string]: unknown;
}

const tab = { id: 'tab', type: 'tab', label: 'Tab' };
const onTab = (id: string, type: string, wires: string[] = [], more = {}) => ({
  id,
  type,
  z: 'tab',
  x: 1,
  y: 1,
  wires: [wires],
  ...more,
});
/** `onnx-model` → `out`, and what Node-RED says of each message: `completed` (done), `caught` (done with an error). */
const flowOf = (node: Readonly<Record<string, unknown>> = {}) => [
  tab,
  onTab('statuses', 'status', ['shown'], { scope: null }),
  onTab('complete', 'complete', ['completed'], { scope: ['model'] }),
  onTab('catch', 'catch', ['caught'], { scope: null, uncaught: false }),
  ...['shown', 'completed', 'caught', 'out'].map((id) => onTab(id, 'helper')),
  onTab('model', 'onnx-model', ['out'], { model: 'plus', ...node }),
];
/** Inputs of the loop model: how many rounds comes with the message. */
const rounds = [
  { input: 'n', value: 'payload', valueType: 'msg' },
  { input: 'x', value: '[7]', valueType: 'json' },
];
const endless = 1e12;

describe(`the node onnx-model in the runtime of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: EngineLab;
  let targets: Record<string, ModelTarget>;
  let deployed: Record<string, number>;
  let serving: Serving;
  const heard = new Map<string, Heard[]>();

  const sourceOf = (target: ModelTarget): ModelSource => ({
    model: ModelName.parse(target.model.replace(/-.*/, '')),
    version: VersionNumber.parse(Number(target.model.replace(/.*-/, ''))),
    digest: Digest.parse(`sha256:${target.model.endsWith('1') ? '1'.repeat(64) : '2'.repeat(64)}`),
    modelPath: target.modelPath,
    signature: signatures[target.model] ?? { inputs: [], outputs: [] },
  });
  const signatures: Record<string, ModelSource['signature']> = {};
  const startServing = (): Serving =>
    new Serving({
      engine: lab.engine,
      log: silentLog,
      findVersion: (model) => {
        const target = targets[`${model}-${deployed[model]}`];
        return target && sourceOf(target);
      },
      stageFile: () => Promise.resolve(undefined),
      watchFile: () => () => undefined,
    });
  const on = (id: string): readonly Heard[] => heard.get(id) ?? [];
  const listen = (): void => {
    for (const id of ['shown', 'completed', 'caught', 'out']) {
      helper.getNode(id).on('input', (message) => {
        heard.set(id, [...on(id), message as Heard]);
      });
    }
  };
  const load = async (node: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await helper.load(register, flowOf(node));
    listen();
  };
  const send = (payload: unknown, more = {}): void =>
    helper.getNode('model').receive({ payload, ...more } as NodeMessage);
  const texts = (): readonly (string | undefined)[] => on('shown').map(({ status }) => status?.text);

  before(async () => {
    helper.init(require.resolve(nodeRedMajor === '4' ? 'node-red-4' : 'node-red'));
    lab = await openEngineLab();
    targets = {
      'plus-1': await lab.target('plus-1', addModel(1)),
      'plus-2': await lab.target('plus-2', addModel(2)),
      'slow-1': await lab.target('slow-1', loopModel()),
    };
    for (const [name, target] of Object.entries(targets)) signatures[name] = await lab.engine.probe(target);
  });
  beforeEach(() => {
    heard.clear();
    deployed = { plus: 1, slow: 1 };
    serving = startServing();
    servingSlot.provide(serving);
  });
  afterEach(async () => {
    await helper.unload();
    servingSlot.clear();
    assert.deepEqual([...serving.followersOf('plus'), ...serving.followersOf('slow')], [], 'no node follows any more');
    serving.close();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('answers with payload and msg.model, keeps the rest of the message, and is done once', async () => {
    await load();
    send([1, 2, 3, 4], { topic: 't', deep: { kept: true } });
    await waitFor(() => on('completed').length > 0 && on('out').length > 0);
    const { payload, topic, deep, model } = on('out')[0] ?? {};
    assert.deepEqual([payload, topic, deep], [[2, 3, 4, 5], 't', { kept: true }]);
    assert.ok(model && typeof model.durationMs === 'number');
    assert.deepEqual(
      { ...model, durationMs: 0 },
      { name: 'plus', version: 1, digest: `sha256:${'1'.repeat(64)}`, durationMs: 0, batchSize: 1 },
    );
    assert.deepEqual([on('completed').length, on('caught').length], [1, 0]);
  });

  it('fails with the code, is done once, and leaves the message as it came', async () => {
    await load();
    send('text', { topic: 't' });
    await waitFor(() => on('caught').length > 0);
    const [{ error, payload, topic, model } = {} as Heard] = on('caught');
    assert.deepEqual([error?.code, payload, topic, model], ['INVALID_INPUT', 'text', 't', undefined]);
    send([1, 2, 3, 4]);
    await waitFor(() => on('completed').length > 0);
    assert.deepEqual([on('completed').length, on('caught').length, on('out').length], [1, 1, 1]);
  });

  for (const { name, row, words } of [
    { name: 'JSON that is none', row: { value: '{bad', valueType: 'json' }, words: /"x".*json/ },
    { name: 'JSONata that cannot be read', row: { value: '$$(', valueType: 'jsonata' }, words: /"x".*jsonata/ },
    { name: 'JSONata that fails', row: { value: '$number("a")', valueType: 'jsonata' }, words: /"x".*jsonata.*a/ },
  ]) {
    it(`tells the author of the flow of ${name} in the table of inputs`, async () => {
      await load({ inputMap: [{ input: 'x', ...row }] });
      send(1);
      await waitFor(() => on('caught').length > 0);
      assert.equal(on('caught')[0]?.error?.code, 'INVALID_INPUT');
      assert.match(on('caught')[0]?.error?.message ?? '', words);
    });
  }

  it('is done with each message once when messages are answered, fail and are dropped together', async () => {
    await load({ model: 'slow', inputMap: rounds, queue: { max: 1, overflow: 'keepNewest' } });
    await waitFor(() => texts().includes('v1'));
    send(200_000);
    for (let count = 0; count < 20; count += 1) send('bad');
    send(1);
    await waitFor(() => on('out').length === 2);
    send('bad');
    await waitFor(() => on('caught').length > 0);
    assert.deepEqual([on('completed').length, on('caught').length, on('out').length], [22, 1, 2]);
  });

  it('keeps messages that come before the services are there, and answers them in order', async () => {
    servingSlot.clear();
    await load();
    for (let index = 0; index < 100; index += 1) send([index, 0, 0, 0]);
    servingSlot.provide(serving);
    await waitFor(() => on('out').length === 100);
    assert.deepEqual(
      on('out').map(({ payload }) => (payload as number[])[0]),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    assert.deepEqual([on('completed').length, on('caught').length], [100, 0]);
  });

  it('says why the services are not there, and recovers when they are', async () => {
    servingSlot.fail(new ModelManagementError('DATA_DIR_LOCKED', 'In use.', 'Stop the other one.'));
    await load();
    send([1, 2, 3, 4]);
    await waitFor(() => on('caught').length > 0);
    assert.equal(on('caught')[0]?.error?.code, 'DATA_DIR_LOCKED');
    servingSlot.provide(serving);
    await waitFor(() => texts().includes('v1'));
    send([1, 2, 3, 4]);
    await waitFor(() => on('out').length > 0);
  });

  it('shows missing, loading, the version, the swap and an error, which a swap takes away', async () => {
    deployed = { plus: 0, slow: 0 };
    servingSlot.clear();
    await load();
    servingSlot.provide(serving);
    await waitFor(() => texts().includes('no model plus'));
    deployed['plus'] = 1;
    serving.modelChanged('plus');
    await waitFor(() => texts().includes('v1'));
    send('text');
    await waitFor(() => texts().includes('v1 · error'));
    deployed['plus'] = 2;
    serving.modelChanged('plus');
    await waitFor(() => texts().includes('v2'));
    const told = texts().slice(texts().indexOf('no model plus'));
    assert.deepEqual(told, ['no model plus', 'loading v1', 'v1', 'v1 · error', 'v1 · v2 loads', 'v2']);
  });

  it('GIVEN_messages_in_flight_WHEN_the_node_closes_THEN_each_fails_once_and_nothing_comes_after', async () => {
    await load({ model: 'slow', inputMap: rounds, queue: { max: 10, overflow: 'error' } });
    send(1);
    await waitFor(() => on('out').length === 1);
    send(endless);
    send(1);
    const errors: (string | undefined)[] = [];
    const node = helper.getNode('model');
    node.error = (error: unknown) => errors.push((error as { code?: string }).code);
    await helper.setFlows(flowOf({ model: 'plus' }), 'full').catch(() => undefined);
    await waitFor(() => helper.getNode('model') && helper.getNode('model') !== node);
    assert.deepEqual([...errors].sort(), ['ABORTED', 'ABORTED']);
    assert.equal(on('out').length, 1);
  });

  it('leaves no follower and no listener behind over ten full deploys', async () => {
    await load();
    for (let deploy = 0; deploy < 10; deploy += 1) {
      await helper.setFlows(flowOf({ name: `deploy ${deploy}` }), 'full');
      assert.deepEqual(
        serving.followersOf('plus').map(({ id, name }) => [id, name]),
        [['model', `deploy ${deploy}`]],
      );
    }
    const next = startServing();
    servingSlot.provide(next);
    assert.deepEqual([serving.followersOf('plus').length, next.followersOf('plus').length], [0, 1]);
    listen();
    send([1, 2, 3, 4]);
    await waitFor(() => on('out').length > 0);
    servingSlot.provide(serving);
    next.close();
  });

  it('says that its configuration cannot be read, and fails each message', async () => {
    await load({ queue: { max: 1, overflow: 'explode' } });
    send([1, 2, 3, 4]);
    await waitFor(() => on('caught').length > 0);
    assert.match(on('caught')[0]?.error?.message ?? '', /queue\.overflow/);
    assert.ok(texts().includes('bad configuration') || texts().length === 0);
  });
});
