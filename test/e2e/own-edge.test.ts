import assert from 'node:assert/strict';
import type { OwnEdge } from '../../plugins/model-management/editor/edges/edge-client';
import { EdgeTrainingLab } from '../support/edge-training-lab';
import { modelFlow } from '../support/flows';
import { mosquittoPath } from '../support/mosquitto';
import { nodeRedMajor } from '../support/node-red';
import { canRunPython } from '../support/python';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { overflowPx, resizePanel } from './room';

const SLOW = 'import time\ntime.sleep(600)\n';
const ARRIVAL_MS = 60_000;

describe(`an edge in its own sidebar, in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(180_000);
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await EdgeTrainingLab.start();
    const { hub, broker } = lab;
    await hub.addModel();
    await hub.call('PUT', 'models/iris/aliases/deployed', { version: 1 });
    const flow = modelFlow({ model: 'iris', brokerPort: broker.port });
    await hub.nodeRed.deploy([
      ...flow.map((entry) => (entry.type === 'tab' ? { ...entry, label: 'press' } : entry)),
      { id: 'other', type: 'tab', label: 'a pipeline with a name that is longer than the sidebar', disabled: false },
      { id: 'other-model', type: 'onnx-model', z: 'other', name: '', model: 'iris', version: 'deployed', wires: [[]] },
    ]);
    await hub.call('PATCH', 'pipelines/tab/edges', { edges: [{ name: 'edge-2' }] });
    await hub.call('PATCH', 'pipelines/other/edges', { edges: [{ name: 'edge-2', brokerId: 'nowhere' }] });
    await hub.addJob({ name: 'slow', trainingEdge: 'edge-2', queries: [] }, SLOW);
    await hub.start('slow');
    let last: OwnEdge | undefined;
    await waitFor(
      async () => {
        last = (await lab.edge.api<OwnEdge>('GET', 'edge')).body;
        const states = last.pipelines.map(({ reported }) => reported.state);
        return last.runs[0]?.state === 'training' && states.join() === 'failed,deployed';
      },
      { timeoutMs: ARRIVAL_MS, what: () => `what the edge has to come about: ${JSON.stringify(last)}` },
    );
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('shows what the hub deployed to it, and the runs under way', async () => {
    await using editor = await Editor.open(lab.edge);
    const { page } = editor;
    page.setDefaultTimeout(ARRIVAL_MS);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Edges' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Edges' });
    await panel.getByRole('list', { name: 'Models of the hub' }).getByText('iris v1').waitFor();
    const pipelines = panel.getByRole('list', { name: 'Pipelines of the hub' });
    const press = pipelines.getByRole('listitem').filter({ hasText: 'press' }).first();
    await press.getByText('revision 1').waitFor();
    const broken = pipelines.getByRole('listitem').filter({ hasText: 'a pipeline with a name' }).first();
    await broken.getByText(/not deployed: .*nowhere/).waitFor();
    const runs = panel.getByRole('list', { name: 'Runs of the hub' });
    await runs.getByRole('listitem').filter({ hasText: 'slow' }).getByText('training since').waitFor();
    await lookAt(editor, 'own-edge-all', 'what an edge has of its hub');
    await resizePanel(sidebar, 294, 700);
    await lookAt(editor, 'own-edge-all-narrow', 'the same in 300 px');
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out');
    await runs.getByRole('listitem').first().scrollIntoViewIfNeeded();
    await lookAt(editor, 'own-edge-all-end', 'the end of it');
    await resizePanel(sidebar, 640, 700);
    await lookAt(editor, 'own-edge-all-wide', 'the same with more room');
    await sidebar.evaluate((element) => element.removeAttribute('style'));

    await press.getByRole('button', { name: 'press' }).click();
    await page.locator('.mm-tray').getByRole('heading', { name: 'press' }).waitFor();
    await editor.button('Close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });

    await lab.hub.call('PATCH', 'pipelines/other/edges', { remove: ['edge-2'] });
    await broken.waitFor({ state: 'detached' });
    assert.deepEqual(editor.complaints, []);
  });
});
