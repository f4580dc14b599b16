import assert from 'node:assert/strict';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import { aNode, aTab, countingFlow } from '../../support/flow-entries';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { type FlowNode, NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const other = nodeRedMajor === '5' ? '4' : '5';
const EDGE = 'edge-2';
const TABS = ['a', 'b'] as const;

/** Two tabs that share a subflow with the model in it, and a broker; each with a group, a junction and link nodes. */
function sharedFlows(brokerPort: number): FlowNode[] {
  const byId = new Map(modelFlow({ model: 'plus', brokerPort }).map((entry) => [entry.id, entry]));
  const like = (id: string, fields: Record<string, unknown>): FlowNode => ({ ...byId.get(id), ...fields }) as FlowNode;
  const at = { x: 1, y: 1 };
  const tab = (t: string): FlowNode[] => {
    const z = `tab-${t}`;
    return [
      aTab(z, { label: `Tab ${t}`, env: [{ name: 'LINE', value: `line ${t}`, type: 'str' }] }),
      { id: `group-${t}`, type: 'group', z, name: 'Group', style: {}, nodes: [`in-${t}`], w: 9, h: 9, ...at },
      like('in', { id: `in-${t}`, z, g: `group-${t}`, topic: `\${EDGE_NAME}/${t}/in`, wires: [[`junction-${t}`]] }),
      { id: `junction-${t}`, type: 'junction', z, ...at, wires: [[`part-${t}`]] },
      { id: `part-${t}`, type: 'subflow:part', z, name: '', env: [], ...at, wires: [[`link-out-${t}`]] },
      { id: `link-out-${t}`, type: 'link out', z, name: '', mode: 'link', links: [`link-in-${t}`], ...at, wires: [] },
      { id: `link-in-${t}`, type: 'link in', z, name: '', links: [`link-out-${t}`], ...at, wires: [[`tell-${t}`]] },
      aNode(`tell-${t}`, `out-${t}`, {
        z,
        func: 'msg.payload = [env.get("EDGE_NAME"), env.get("LINE"), msg.payload]; return msg;',
      }),
      like('out', { id: `out-${t}`, z, topic: `${t}/out` }),
    ];
  };
  const inner = { wires: [{ id: 'inner' }], ...at };
  return [
    like('broker', {}),
    {
      id: 'part',
      type: 'subflow',
      name: 'Part',
      info: '',
      in: [inner],
      out: [{ ...inner, wires: [{ id: 'inner', port: 0 }] }],
      env: [],
    },
    like('model', { id: 'inner', z: 'part', wires: [[]] }),
    ...TABS.flatMap(tab),
  ] as FlowNode[];
}

/** Of the edge: a subflow, and a broker, which have the ids of those of the hub; its flow counts. */
const ownFlows = (brokerPort: number): FlowNode[] => [
  { id: 'part', type: 'subflow', name: 'Own part', info: '', in: [], out: [], env: [] },
  { id: 'broker', type: 'mqtt-broker', name: 'own', broker: '127.0.0.1', port: String(brokerPort), usetls: false },
  ...countingFlow('broker'),
  { id: 'own-part', type: 'subflow:part', z: 'own', name: '', x: 1, y: 1, wires: [] },
];

describe(`pipelines that share a subflow, on an edge of Node-RED ${other}`, function () {
  this.timeout(120_000);

  it('run there with links, groups, junctions and their environment beside flows with the same ids, and go without a trace', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using mqtt = await MqttListener.on(broker, ['a/out', 'b/out', 'own/out']);
    const flows = sharedFlows(broker.port);
    await using hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } }, flows });
    const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await hub.api<T>(method, path, body);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
      return answer.body;
    };
    await ask('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    const { enrolment } = await ask<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
      name: EDGE,
    });
    const own = ownFlows(broker.port);
    await using edge = await NodeRed.start({ major: other, modelManagement: enrolment.settings, flows: own });
    const view = () => ask<EdgeView>('GET', `edges/${EDGE}`);
    const flowsOf = async () => (await edge.request<FlowNode[]>('GET', 'flows')).body;
    const deploy = (t: string, ...edges: object[]) => ask('PUT', `pipelines/tab-${t}/edges`, { edges });
    await waitFor(async () => (await view()).state === 'online');
    const before = await flowsOf();
    const count = Number(await waitFor(() => mqtt.ask('own/in', 0, 'own/out')));

    for (const t of TABS) await deploy(t, { name: EDGE });
    await waitFor(
      async () => {
        const { pipelines } = await view();
        return pipelines.length === 2 && pipelines.every(({ reported }) => reported.state === 'deployed');
      },
      { what: () => `both to be deployed\n${edge.log}`, timeoutMs: 40_000 },
    );
    for (const t of TABS) {
      const told = await waitFor(() => mqtt.ask(`${EDGE}/${t}/in`, [1, 2, 3, 4], `${t}/out`));
      assert.deepEqual(told, [EDGE, `line ${t}`, [2, 3, 4, 5]]);
    }
    const run = await waitFor(async () => {
      const { items } = await ask<{ items: PipelineRunView[] }>('GET', `pipelines/tab-a/edges/${EDGE}/runs`);
      return items[0]?.state === 'running' ? undefined : items[0];
    });
    assert.equal(run.state, 'succeeded', JSON.stringify(run));

    // What is its own is as it was: also what has the ids of what came.
    const placed = await flowsOf();
    const ofOwn = new Set(before.map(({ id }) => id));
    assert.deepEqual(
      placed.filter(({ id }) => ofOwn.has(id)),
      before,
    );
    assert.equal(placed.filter(({ type }) => type === 'subflow').length, 3, 'each pipeline has one of its own');
    assert.equal(await mqtt.ask('own/in', 0, 'own/out'), count + 1, 'its own flow was not restarted');

    await deploy('a');
    await waitFor(async () => !(await flowsOf()).some(({ id }) => id === 'tab-a'));
    assert.deepEqual(await mqtt.ask(`${EDGE}/b/in`, [0, 0, 0, 0], 'b/out'), [EDGE, 'line b', [1, 1, 1, 1]]);
    await deploy('b');
    await waitFor(async () => (await flowsOf()).length === before.length);
    assert.deepEqual(await flowsOf(), before);
    assert.equal(await mqtt.ask('own/in', 0, 'own/out'), count + 2);
    await waitFor(async () => {
      const { pipelines, models } = await view();
      return pipelines.length + models.length === 0;
    });
  });
});
