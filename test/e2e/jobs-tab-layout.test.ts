import assert from 'node:assert/strict';
import { canRunPython } from '../support/python';
import { requireOrSkip } from '../support/requirement';
import { exampleScript, irisRows, TrainingLab } from '../support/training-lab';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { overflowPx, resizePanel } from './room';

describe('the tab Jobs in little room, in both themes', function () {
  this.timeout(180_000);
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await TrainingLab.start();
    await lab.addModel();
    await lab.addRows('iris', irisRows());
    await lab.addJob({ name: 'a_job_with_quite_a_long_name_for_so_narrow_a_sidebar' }, exampleScript());
    await lab.train('a_job_with_quite_a_long_name_for_so_narrow_a_sidebar');
    await lab.addRows('iris', irisRows());
    await lab.train('a_job_with_quite_a_long_name_for_so_narrow_a_sidebar');
    await lab.addJob(
      { name: 'broken', queries: [] },
      "raise ValueError('a rather long reason why this did not work at all')",
    );
    await lab.train('broken');
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('holds list, detail and form', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Jobs' });
    await panel.getByText('broken').waitFor();
    await resizePanel(sidebar, 294, 255);
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
    await lookAt(editor, 'jobs-narrow', 'the list');
    await panel.getByText('a_job_with').click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByText('accuracy over runs').waitFor();
    await detail.getByText('Version 3 of iris.').waitFor();
    await lookAt(editor, 'jobs-detail', 'the detail');
    await detail.getByRole('button', { name: 'Edit' }).click();
    const form = page.locator('.mm-job-form');
    // What the form loads moves the fold, maybe away from under the pointer.
    await waitFor(async () => {
      await form.getByText('Limits and more').click();
      return form.getByLabel('Memory').isVisible();
    });
    await form.getByText('env.list', { exact: true }).scrollIntoViewIfNeeded();
    await lookAt(editor, 'jobs-edit', 'the form');
    assert.deepEqual(editor.complaints, []);
  });
});
