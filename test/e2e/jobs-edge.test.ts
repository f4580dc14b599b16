import assert from 'node:assert/strict';
import type { JobView } from '../../lib/training';
import { EdgeTrainingLab } from '../support/edge-training-lab';
import { mosquittoPath } from '../support/mosquitto';
import { canRunPython } from '../support/python';
import { requireOrSkip } from '../support/requirement';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';

const SLOW = 'import time\ntime.sleep(600)\n';

describe('a job that trains on an edge, in the tab Jobs', function () {
  this.timeout(180_000);
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await EdgeTrainingLab.start();
    await lab.hub.addModel();
    for (const name of ['edge-3', 'edge-4']) await lab.hub.call('POST', 'edges', { name });
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('is told where it trains, names the edge of its runs, and says when that is away', async () => {
    await using editor = await Editor.open(lab.hub.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Jobs' });
    await panel.getByRole('button', { name: 'New' }).click();
    const form = page.locator('.mm-job-form');
    await form.getByLabel('Base model').selectOption('iris');
    await form.getByLabel('Training edge').selectOption({ label: 'edge-2 (online)' });
    await form.getByText('Secrets are sealed for it.').waitFor();
    await form.getByLabel('Runs in').selectOption('process');
    await form.getByRole('button', { name: 'Add a query' }).click();
    await form.getByLabel('Source').selectOption({ label: 'collections of edge-2' });
    assert.equal(await form.getByRole('button', { name: 'Preview' }).count(), 0);
    await form.getByRole('button', { name: 'Remove', exact: true }).click();
    await form.locator('input[type=file][accept=".py"]').setInputFiles({
      name: 'slow.py',
      mimeType: 'text/x-python',
      buffer: Buffer.from(SLOW),
    });
    await assertAccessible(page, 'the form');
    await form.getByRole('button', { name: 'Save' }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByText('on edge-2').first().waitFor();
    const { trainingEdge } = await lab.hub.call<JobView>('GET', 'jobs/iris_job');
    assert.equal(trainingEdge, 'edge-2');
    await detail.getByRole('button', { name: 'Train now' }).click();
    const run = detail.locator('.mm-run');
    await run.getByText('on edge-2').waitFor();
    await run.getByText('$ python3 retrain_scripts_1.py').waitFor({ timeout: 60_000 });
    await lab.edge.stop('SIGKILL');
    await run.getByText(/the edge went offline/).waitFor({ timeout: 60_000 });
    await editor.picture('jobs-edge-offline');
    await assertAccessible(page, 'the tray');
    await run.getByRole('button', { name: 'Cancel run' }).click();
    await run.getByText('cancelled').first().waitFor();
    assert.deepEqual(editor.complaints, []);
  });

  it('names the edges that may start it besides', async () => {
    await lab.hub.addJob({ name: 'asked', queries: [], triggerEdges: ['EDGE-4', 'edge-gone'] }, SLOW);
    await using editor = await Editor.open(lab.hub.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByRole('button', { name: /asked/ }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    const openForm = () => detail.getByRole('button', { name: 'Edit', exact: true }).click();
    await openForm();
    const form = page.locator('.mm-job-form');
    await form.getByText('Edges that may start it: EDGE-4').waitFor();
    const box = (name: string) => form.getByRole('checkbox', { name, exact: true });
    assert.equal(await box('edge-4').isChecked(), true);
    await box('edge-4').uncheck();
    await box('edge-gone').uncheck();
    assert.equal(await box('edge-gone').count(), 1, 'it can be ticked again');
    await box('edge-3').check();
    await box('edge-2').check();
    await lookAt(editor, 'job-trigger-edges', 'the form with edges that may start the job');
    await form.getByLabel('Training edge').selectOption('edge-2');
    assert.equal(await box('edge-2').count(), 0, 'it may anyway');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    const { triggerEdges } = await lab.hub.call<JobView>('GET', 'jobs/asked');
    assert.deepEqual(triggerEdges, ['edge-3', 'edge-2']);

    await sidebar.getByRole('button', { name: 'New' }).click();
    const fold = form.locator('details').filter({ hasText: 'Edges that may start it' });
    await fold.waitFor();
    assert.equal(await fold.getAttribute('open'), null, 'folded where there are none');
    assert.deepEqual(editor.complaints, []);
  });
});
