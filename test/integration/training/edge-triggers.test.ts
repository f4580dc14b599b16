import assert from 'node:assert/strict';
import type { RunView } from '../../../lib/training';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import type { FlowNode, NodeRed } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const SCRIPT = `import os, shutil
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
`;

/** A trigger that an inject starts, and whose outputs go to Node-RED's log. */
function triggerFlow(job: string): readonly FlowNode[] {
  const at = (id: string, type: string, more: object): FlowNode => ({ id, type, z: 'tab', x: 100, y: 100, ...more });
  const told = (id: string) => at(id, 'debug', { console: true, tosidebar: false, active: true, complete: 'payload' });
  return [
    { id: 'tab', type: 'tab', label: 'triggers' },
    at('start', 'inject', { props: [{ p: 'payload' }], repeat: '', payloadType: 'date', wires: [['trigger']] }),
    at('trigger', 'retrain-trigger', { configVersion: 1, job, mode: 'message', wires: [['told'], ['ended']] }),
    told('told'),
    told('ended'),
    at('catch', 'catch', { scope: null, wires: [['caught']] }),
    at('caught', 'debug', { console: true, tosidebar: false, active: true, complete: 'error' }),
  ];
}

describe('retrain-trigger on an edge', function () {
  this.timeout(180_000);
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await EdgeTrainingLab.start();
    await lab.hub.addModel();
    const fields = { queries: [], metrics: [{ name: 'accuracy' }] };
    await lab.hub.addJob({ ...fields, name: 'there', trainingEdge: 'edge-2' }, SCRIPT);
    await lab.hub.addJob({ ...fields, name: 'here', triggerEdges: ['Edge-2'] }, SCRIPT);
    await lab.hub.addJob({ ...fields, name: 'strange' }, SCRIPT);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const fire = async (job: string): Promise<void> => {
    await lab.edge.deploy(triggerFlow(job));
    await trigger();
  };
  const trigger = async (): Promise<void> => {
    const answer = await lab.edge.request('POST', 'inject/start', {});
    assert.equal(answer.status, 200, answer.text);
  };
  const said = (text: RegExp, timeoutMs = 60_000): Promise<unknown> =>
    waitFor(() => text.test(lab.edge.log), { timeoutMs, what: () => `${text} in ${lab.edge.log.slice(-3_000)}` });
  const CONNECTED = 'connected to the broker';
  const ENDED = 'connection to the broker ended';
  /** The last that its log says: an edge connects twice when it enrols. */
  const connectionIs = (side: NodeRed, state: typeof CONNECTED | typeof ENDED): Promise<unknown> => {
    const last = () => side.log.match(new RegExp(`${CONNECTED}|${ENDED}`, 'g'))?.at(-1);
    return waitFor(() => last() === state, { timeoutMs: 60_000, what: () => `${state} in ${side.log}` });
  };
  const runsOf = async (job: string): Promise<readonly RunView[]> =>
    (await lab.hub.call<{ readonly items: readonly RunView[] }>('GET', `jobs/${job}/runs`)).items;

  for (const job of ['there', 'here']) {
    it(`starts the job ${job} on the hub, and tells its states and its end`, async () => {
      await fire(job);
      const { id } = await lab.hub.onlyRun(job);
      await said(new RegExp(`run: '${id}'[^}]*state: 'training'`));
      await said(new RegExp(`run: '${id}'[^}]*state: 'succeeded'[^}]*model: 'iris'`));
      const [run] = await runsOf(job);
      assert.deepEqual([run?.state, run?.trigger, run?.node], ['succeeded', 'node', 'edge-2/trigger']);
    });
  }

  it('is refused for a job that has nothing to do with the edge', async () => {
    await fire('strange');
    await said(/neither trains on edge-2 nor names it/);
    assert.deepEqual(await runsOf('strange'), []);
  });

  it('tells that there is no such job', async () => {
    await fire('nothing');
    await said(/There is no job named "nothing"|There is no job named/);
  });

  it('says at once that the hub cannot be asked, and asks it when that is over', async () => {
    await lab.edge.deploy(triggerFlow('here'));
    const sides = [lab.edge, lab.hub.nodeRed];
    await lab.broker.pause();
    for (const side of sides) await connectionIs(side, ENDED);
    await trigger();
    await said(/The hub cannot be asked for the run now/);
    await lab.broker.resume();
    for (const side of sides) await connectionIs(side, CONNECTED);
    await lab.edgeIs('online');
    await trigger();
    await waitFor(async () => (await runsOf('here')).length === 2, { what: 'a second run' });
  });
});
