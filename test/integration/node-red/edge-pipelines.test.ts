import assert from 'node:assert/strict';
import type {
  PipelineEdgeView,
  PipelineOnEdges,
  PipelineRevisionView,
} from '../../../lib/edges/hub/pipelines/pipeline-views';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { PipelineResultView, PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import { aNode, countingFlow } from '../../support/flow-entries';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { type FlowNode, NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const other = nodeRedMajor === '5' ? '4' : '5';
const EDGE = 'edge-2';
const IN = `plant/${EDGE}/in`;
const OUT = `plant/${EDGE}/out`;

/** `mqtt in` → library → model → `mqtt out`, on topics that hold the name of the edge. */
const pipelineFlow = (brokerPort: number): FlowNode[] => [
  ...modelFlow({ model: 'plus', brokerPort, inbound: 'plant/${EDGE_NAME}/in', outbound: 'plant/${EDGE_NAME}/out' }).map(
    (entry) => (entry.id === 'in' ? { ...entry, wires: [['scale']] } : entry),
  ),
  {
    id: 'scale',
    type: 'pipelib',
    z: 'tab',
    name: 'scale',
    library: 'pipelib_scale',
    x: 200,
    y: 100,
    wires: [['model']],
  },
];

/** Of the edge itself. */
const ownFlow = (brokerPort: number): FlowNode[] => [
  { id: 'own-broker', type: 'mqtt-broker', broker: '127.0.0.1', port: String(brokerPort), usetls: false },
  ...countingFlow('own-broker'),
];

describe(`pipelines on an edge of Node-RED ${other}, of a hub of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let edge: NodeRed;
  let mqtt: MqttListener;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    mqtt = await MqttListener.on(broker, [OUT, 'own/out']);
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    for (const added of [1, 2]) {
      const answer = await hub.api('POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
      assert.equal(answer.status, 201, answer.text);
    }
    await ask('PUT', 'models/plus/aliases/deployed', { version: 1 });
    await saveLibrary(10);
    await hub.deploy(pipelineFlow(broker.port));
    const { enrolment } = await ask<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
      name: EDGE,
    });
    edge = await NodeRed.start({
      major: other,
      modelManagement: enrolment.settings,
      flows: ownFlow(broker.port),
      settings: "nodesExcludes: ['16-range.js'],",
    });
    await waitFor(async () => (await ask<EdgeView>('GET', `edges/${EDGE}`)).state === 'online');
  });
  after(async () => {
    await edge?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await mqtt?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await hub.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const saveLibrary = (factor: number) =>
    ask('PUT', 'libraries/pipelib_scale', { source: `module.exports = (input) => input.map((x) => x * ${factor});` });
  const deploy = (...edges: object[]) => ask<PipelineOnEdges>('PUT', 'pipelines/tab/edges', { edges });
  const until = (check: (view: PipelineEdgeView) => boolean, what: string): Promise<PipelineEdgeView> =>
    waitFor(
      async () => {
        const { edges } = await ask<PipelineOnEdges>('GET', 'pipelines/tab');
        return edges[0] && check(edges[0]) ? edges[0] : undefined;
      },
      { what, timeoutMs: 40_000, intervalMs: 100 },
    );
  const isDeployed = (revision: number) =>
    until(({ reported }) => reported.state === 'deployed' && reported.revision === revision, `revision ${revision}`);
  /** Once its subscription stands. */
  const answers = async (payload: unknown): Promise<unknown> => waitFor(async () => mqtt.ask(IN, payload, OUT));
  const flowsOf = async (nodeRed: NodeRed) => (await nodeRed.request<FlowNode[]>('GET', 'flows')).body;

  it('have no revisions before they are deployed', async () => {
    const { items } = await ask<{ items: PipelineRevisionView[] }>('GET', 'pipelines/tab/revisions');
    assert.deepEqual(items, []);
  });

  it('are deployed with their models and libraries, beside the flows of the edge', async () => {
    const count = await waitFor(() => mqtt.ask('own/in', 0, 'own/out'));
    const before = await flowsOf(edge);
    const { edges } = await deploy({ name: EDGE });
    assert.deepEqual(
      edges.map(({ name, revision, running, reported }) => [name, revision, running, reported.state]),
      [[EDGE, 1, true, 'pending']],
    );
    await isDeployed(1);
    assert.deepEqual(await answers([1, 2, 3, 4]), [11, 21, 31, 41]);
    const now = await flowsOf(edge);
    for (const entry of before)
      assert.deepEqual(
        now.find(({ id }) => id === entry.id),
        entry,
      );
    const [tab, placedBroker] = [now.find(({ id }) => id === 'tab'), now.find((one) => one.id.endsWith('_broker'))];
    assert.deepEqual([tab?.['locked'], placedBroker?.['port']], [true, String(broker.port)]);
    assert.ok(!now.some(({ id }) => id === 'broker'), 'config nodes have ids of their own');
    assert.equal(await mqtt.ask('own/in', 0, 'own/out'), Number(count) + 1, 'its own flow was not restarted');
    const view = await ask<EdgeView>('GET', `edges/${EDGE}`);
    assert.deepEqual(
      view.models.map(({ name, desired, state }) => [name, desired, state]),
      [['plus', 1, 'running']],
    );
    assert.deepEqual(
      view.pipelines.map(({ id, desired, reported }) => [id, desired, reported.state]),
      [['tab', 1, 'deployed']],
    );
    const { usedBy } = await ask<{ usedBy: { kind: string; name: string }[] }>('GET', 'models/plus');
    assert.ok(usedBy.some(({ kind, name }) => kind === 'pipeline' && name === `Test tab on ${EDGE}`));
  });

  it('tell how they do, run by run, and give their last results', async () => {
    await until(({ reported }) => reported.status?.state === 'succeeded', 'its state');
    const { items: runs } = await ask<{ items: PipelineRunView[] }>('GET', `pipelines/tab/edges/${EDGE}/runs`);
    assert.equal(runs[0]?.state, 'succeeded');
    const { items: results } = await ask<{ items: PipelineResultView[] }>('GET', `pipelines/tab/edges/${EDGE}/results`);
    assert.deepEqual([results[0]?.topic, results[0]?.payload, results[0]?.state], [OUT, [11, 21, 31, 41], 'published']);
  });

  it('are followed node by node on the edge while somebody asks', async () => {
    const place = `pipelines/tab/edges/${EDGE}`;
    await ask('GET', `${place}/nodes`);
    assert.deepEqual(await answers([1, 0, 0, 0]), [11, 1, 1, 1]);
    const { items: runs } = await ask<{ items: PipelineRunView[] }>('GET', `${place}/runs`);
    assert.equal(runs[0]?.timed, true);
    const { steps = [] } = await ask<PipelineRunView>('GET', `${place}/runs/${runs[0]?.id}`);
    assert.equal(steps.at(-1)?.type, 'mqtt out');
    assert.ok(steps.every(({ durationMs }) => durationMs === null || durationMs > 0));
  });

  it('are tested on the edge, without anything being published', async () => {
    const before = mqtt.on(OUT).length;
    const { runId } = await ask<{ runId: string }>('POST', `pipelines/tab/edges/${EDGE}/test`, {
      payload: [0, 0, 0, 1],
      confirm: true,
    });
    const run = await waitFor(async () => {
      const found = await ask<PipelineRunView>('GET', `pipelines/tab/edges/${EDGE}/runs/${runId}`);
      return found.state === 'running' ? undefined : found;
    });
    assert.deepEqual(
      [run.state, run.dryRun, run.steps?.at(-1)?.payload],
      ['succeeded', true, `{"topic":"${OUT}","payload":[1,1,1,11]}`],
    );
    assert.equal(mqtt.on(OUT).length, before);
  });

  it('are stopped and started on the edge, and restarted', async () => {
    await ask('POST', `pipelines/tab/edges/${EDGE}/stop`);
    await until(({ running, reported }) => !running && reported.status?.state === 'idle', 'it to be idle');
    assert.equal((await flowsOf(edge)).find(({ id }) => id === 'tab')?.['disabled'], true);
    await ask('POST', `pipelines/tab/edges/${EDGE}/start`);
    await until(({ running, reported }) => running && reported.status?.state === 'listening', 'it to listen');
    assert.deepEqual(await answers([1, 0, 0, 0]), [11, 1, 1, 1]);
    await ask('POST', `pipelines/tab/edges/${EDGE}/restart`);
    assert.deepEqual(await answers([1, 0, 0, 0]), [11, 1, 1, 1]);
  });

  it('change only when they are deployed again, and go back to the revision before', async () => {
    await saveLibrary(100);
    const flow = pipelineFlow(broker.port).map((entry) => (entry.id === 'model' ? { ...entry, version: '2' } : entry));
    await hub.deploy(flow);
    assert.deepEqual(await answers([1, 0, 0, 0]), [11, 1, 1, 1]);
    await deploy({ name: EDGE });
    await isDeployed(2);
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
    const { items } = await ask<{ items: PipelineRevisionView[] }>('GET', 'pipelines/tab/revisions');
    assert.deepEqual(
      items.map(({ revision, edges, models }) => [revision, edges, models[0]?.ref]),
      [
        [2, [EDGE], '2'],
        [1, [], 'deployed'],
      ],
    );
    await deploy({ name: EDGE, revision: 1 });
    await isDeployed(1);
    assert.deepEqual(await answers([1, 0, 0, 0]), [11, 1, 1, 1]);
    await ask('PATCH', 'pipelines/tab/edges', { edges: [{ name: EDGE, revision: 2 }] });
    await isDeployed(2);
  });

  it('GIVEN_somebody_changes_one_on_the_edge_THEN_that_is_told_AND_it_is_restored_on_demand', async () => {
    const changed = (await flowsOf(edge)).map((entry) =>
      entry.id === 'out' ? { ...entry, topic: 'elsewhere' } : entry,
    );
    await edge.deploy(changed, 'flows');
    await until(({ reported }) => reported.changed === true, 'the change to be told');
    await ask('POST', `pipelines/tab/edges/${EDGE}/restore`);
    await until(({ reported }) => reported.changed === undefined && reported.state === 'deployed', 'it to be restored');
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
  });

  it('GIVEN_a_type_of_node_that_the_edge_lacks_THEN_nothing_is_changed_and_it_is_named', async () => {
    const before = await flowsOf(edge);
    const range = aNode('range', '', {
      z: 'tab',
      type: 'range',
      minin: '0',
      maxin: '1',
      minout: '0',
      maxout: '1',
      action: 'scale',
    });
    await hub.deploy([...pipelineFlow(broker.port), range as FlowNode]);
    await deploy({ name: EDGE });
    const { reported } = await until(({ reported: { state } }) => state === 'failed', 'it to fail');
    assert.deepEqual([reported.revision, reported.error?.code], [2, 'MISSING_NODE_TYPES']);
    assert.match(reported.error?.message ?? '', /range/);
    assert.deepEqual(await flowsOf(edge), before);
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
    await deploy({ name: EDGE, revision: 2 });
    await isDeployed(2);
  });

  it('GIVEN_an_edge_that_loses_its_power_and_a_hub_that_is_away_THEN_they_run_from_its_disk', async () => {
    await hub.stop('SIGKILL');
    await edge.restart('SIGKILL');
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
    await hub.restart();
    await isDeployed(2);
  });

  it('refuse what could not run there, and say why', async () => {
    const refusal = async (edges: unknown) =>
      (await hub.api<{ error: { code: string } }>('PUT', 'pipelines/tab/edges', { edges })).body.error.code;
    assert.equal(await refusal([{ name: 'nobody' }]), 'EDGE_NOT_FOUND');
    assert.equal(await refusal([{ name: 'local' }]), 'INVALID_INPUT');
    assert.equal(await refusal([{ name: EDGE }, { name: EDGE }]), 'INVALID_INPUT');
    assert.equal(await refusal([{ name: EDGE, revision: 99 }]), 'REVISION_NOT_FOUND');
    assert.equal((await hub.api('PUT', 'pipelines/nowhere/edges', { edges: [{ name: EDGE }] })).status, 404);
    for (const part of ['revisions', 'edges']) {
      assert.equal((await hub.api('GET', `pipelines/nowhere/${part}`)).status, 404);
    }
    const file = pipelineFlow(broker.port).map((entry) =>
      entry.id === 'model' ? { ...entry, source: 'file', file: 'a.onnx' } : entry,
    );
    await hub.deploy(file);
    assert.equal(await refusal([{ name: EDGE }]), 'PIPELINE_NOT_PORTABLE');
    await isDeployed(2);
  });

  it('GIVEN_a_broker_of_its_own_flows_that_is_named_THEN_it_is_used', async () => {
    await deploy({ name: EDGE, revision: 2, brokerId: 'own-broker' });
    await waitFor(async () => (await flowsOf(edge)).find(({ id }) => id === 'in')?.['broker'] === 'own-broker');
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
    const { items } = await ask<{ items: PipelineEdgeView[] }>('GET', 'pipelines/tab/edges');
    assert.deepEqual(
      items.map(({ name, revision, brokerId }) => [name, revision, brokerId]),
      [[EDGE, 2, 'own-broker']],
    );
  });

  it('GIVEN_a_broker_that_does_not_start_THEN_they_are_not_said_to_listen', async () => {
    const flows = await flowsOf(edge);
    await edge.deploy(
      flows.map((entry) => (entry.id === 'own-broker' ? { ...entry, d: true } : entry)),
      'flows',
    );
    const { reported } = await until(
      ({ reported: { status } }) => status?.state === 'failed_initializing',
      'the fault',
    );
    assert.deepEqual([reported.state, reported.status?.error?.code], ['deployed', 'BROKER_MISSING']);
    await edge.deploy(flows, 'flows');
    assert.deepEqual(await answers([1, 0, 0, 0]), [102, 2, 2, 2]);
    await until(({ reported: { status } }) => status?.state === 'succeeded', 'the fault to be over');
  });

  it('are taken off, and leave the flows of the edge as they were', async () => {
    const { edges } = await ask<PipelineOnEdges>('PATCH', 'pipelines/tab/edges', { remove: [EDGE] });
    assert.deepEqual(edges, []);
    const own = ownFlow(broker.port).map(({ id }) => id);
    await waitFor(async () => (await flowsOf(edge)).every(({ id }) => own.includes(id)));
    await waitFor(async () => {
      const { pipelines, models } = await ask<EdgeView>('GET', `edges/${EDGE}`);
      return pipelines.length + models.length === 0;
    });
    await waitFor(async () => {
      const { body } = await edge.api<{ items: { name: string }[] }>('GET', 'libraries');
      return body.items.every(({ name }) => name !== 'pipelib_scale');
    });
  });
});
