import assert from 'node:assert/strict';
import type { CollectionView } from '../../lib/collections';
import type { JobView, RunView } from '../../lib/training';
import { canRunPostgres, Postgres } from '../support/postgres';
import { canRunPython } from '../support/python';
import { requireOrSkip } from '../support/requirement';
import { exampleScript, irisRows, TrainingLab } from '../support/training-lab';
import { waitFor } from '../support/wait-for';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';

describe('the tab Jobs', function () {
  this.timeout(180_000);
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    // Whatever the machine has: here no engine answers.
    lab = await TrainingLab.start({
      modelManagement: { training: { allowProcessRunner: true }, docker: { socketPath: 'no-engine.sock' } },
    });
    await lab.addModel();
    await lab.addRows('iris', irisRows());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('makes a job, trains it, and shows its phases, log and version', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Jobs' });
    await panel.getByText('No jobs yet.').waitFor();
    await panel.getByText(/No Docker engine runs here/).waitFor();
    const late = Promise.withResolvers<void>();
    await page.route(/\/model-management\/collections(\?|$)/, async (route) => {
      await late.promise;
      await route.continue();
    });
    await panel.getByRole('button', { name: 'New' }).click();
    const form = page.locator('.mm-job-form');
    // What the form loads moves the button, maybe away from under the pointer.
    const missing = form.getByText('a base model');
    await waitFor(async () => {
      await form.getByRole('button', { name: 'Check' }).click();
      return missing.isVisible();
    });
    await form.getByLabel('Base model').selectOption('iris');
    assert.equal(await form.getByLabel('Name', { exact: true }).inputValue(), 'iris_job');
    await form.getByLabel('Runs in').selectOption('process');
    await form.getByLabel('Frequency').selectOption('day');
    await form.getByText('every day at 02:00').waitFor();
    // A query begins with the first of the collections, which come late here.
    const adding = form.getByRole('button', { name: 'Add a query' });
    assert.ok(await adding.isDisabled());
    late.resolve();
    await adding.click();
    await page.unrouteAll({ behavior: 'wait' });
    assert.equal(await form.locator('textarea.mm-query').inputValue(), 'SELECT * FROM iris');
    await form.getByRole('button', { name: 'Preview' }).click();
    await form.getByText('setosa').first().waitFor();
    await form.getByText('150 rows · 150 new to the next run').waitFor();
    await form.locator('input[type=file][accept=".py"]').setInputFiles({
      name: 'softmax.py',
      mimeType: 'text/x-python',
      buffer: Buffer.from(exampleScript()),
    });
    await form.getByText('collection_data_1_path=collection_data_1.json').waitFor();
    const memory = form.getByLabel('Memory');
    await form.getByText('Limits and more').click();
    await memory.fill('much');
    await form.getByText('Limits and more').click();
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('a number or a name in the field that is marked').waitFor();
    assert.ok(await memory.evaluate((field) => field === document.activeElement), 'the fold opens on the field');
    await memory.fill('512');
    await editor.picture('jobs-form');
    await form.getByRole('button', { name: 'Save' }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByText('No run yet.').waitFor();
    const { limits } = await lab.call<JobView>('GET', 'jobs/iris_job');
    assert.equal(limits.memoryBytes, 512 * 1_048_576);
    await detail.getByRole('button', { name: 'Train now' }).click();
    await detail.locator('.mm-run').getByText('succeeded').waitFor({ timeout: 60_000 });
    await detail.getByText('Version 2 of iris.').waitFor();
    await detail.getByText('iris v2').waitFor();
    await editor.picture('jobs-detail');
    await assertAccessible(page, 'the tray');
    await editor.button('Close').click();
    await panel.getByText('succeeded').waitFor();
    await editor.picture('jobs-list');
    assert.deepEqual(editor.complaints, []);
  });

  it('trains on all rows again, and pauses, clones, reorders and deletes a job', async () => {
    await lab.addJob(
      { name: 'kept_job', schedule: { kind: 'interval', every: 1, unit: 'day', at: '02:00', timeZone: 'UTC' } },
      exampleScript(),
    );
    await lab.call('PUT', 'jobs/kept_job/files/scripts/after.py', "print('after')");
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Jobs' });
    await panel.getByText('kept_job').click();
    const detail = page.locator('.mm-tray .mm-detail');
    for (const [name, number] of [
      ['Train now', 1],
      ['On all rows', 2],
    ] as const) {
      await detail.getByRole('button', { name }).click();
      await detail.getByRole('heading', { name: `Run ${number} · succeeded` }).waitFor({ timeout: 60_000 });
    }
    assert.deepEqual(
      (await lab.call<{ items: RunView[] }>('GET', 'jobs/kept_job/runs')).items.map(
        ({ inputs }) => inputs.queries[0]?.rows,
      ),
      [150, 150],
    );
    await detail.getByRole('button', { name: 'Pause' }).click();
    await detail.getByRole('button', { name: 'Resume' }).waitFor();
    await detail.getByRole('button', { name: 'Edit' }).click();
    const form = page.locator('.mm-job-form');
    await form.getByRole('button', { name: 'Run after.py earlier' }).click();
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    assert.deepEqual((await lab.call<JobView>('GET', 'jobs/kept_job')).scripts, ['after.py', 'train.py']);
    const downloading = page.waitForEvent('download');
    await detail.getByRole('button', { name: 'Bundle' }).click();
    assert.equal((await downloading).suggestedFilename(), 'kept_job.tar.gz');
    await detail.getByRole('button', { name: 'Clone' }).click();
    await detail.getByRole('group', { name: 'Clone' }).getByLabel('Name').fill('copy_job');
    await detail.getByRole('group', { name: 'Clone' }).getByRole('button', { name: 'Clone' }).click();
    await detail.getByRole('heading', { name: 'copy_job' }).waitFor();
    await detail.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete copy_job' }).click();
    await detail.waitFor({ state: 'detached' });
    await panel.getByText('copy_job').waitFor({ state: 'detached' });
    await lab.call('DELETE', 'jobs/kept_job');
    assert.deepEqual(editor.complaints, []);
  });

  it('shows why a run failed, with the last lines of its log', async () => {
    await lab.addJob({ name: 'broken_job', queries: [] }, "print('reading')\nraise KeyError('petal')");
    await lab.train('broken_job');
    await using editor = await Editor.open(lab.nodeRed);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByText('broken_job').click();
    const detail = editor.page.locator('.mm-tray .mm-detail');
    await detail
      .getByText(/train\.py ended with exit code 1: KeyError/)
      .first()
      .waitFor();
    await detail.locator('.mm-log-lines').getByText('Traceback').waitFor();
    await editor.picture('jobs-failed');
    assert.deepEqual(editor.complaints, []);
  });

  it('GIVEN_a_log_on_a_slow_line_WHEN_its_run_ends_meanwhile_THEN_its_last_lines_are_shown', async () => {
    await lab.addJob({ name: 'short_job', queries: [] }, "print('last words')");
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByText('short_job').click();
    const detail = page.locator('.mm-tray .mm-detail');
    const late = Promise.withResolvers<void>();
    await page.route(/\/runs\/[^/]+\/log\?/, async (route) => {
      const answer = await route.fetch();
      await late.promise;
      await route.fulfill({ response: answer });
    });
    await detail.getByRole('button', { name: 'Train now' }).click();
    await detail.getByRole('heading', { name: 'Run 1 · failed' }).waitFor({ timeout: 60_000 });
    late.resolve();
    await detail.locator('.mm-log-lines').getByText('last words').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    assert.deepEqual(editor.complaints, []);
  });

  it('shows the rows of a collection and lets a file be added', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByRole('button', { name: 'Collections of training rows' }).click();
    const view = page.locator('.mm-tray .mm-detail');
    await view.getByRole('button', { name: /iris/ }).click();
    await view.getByText('1–20 of 150').waitFor();
    await view.locator('input[type=file]').setInputFiles({
      name: 'more.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('sepal_length,sepal_width,petal_length,petal_width,species\n5,3,1.4,0.2,setosa\n'),
    });
    await view.getByText('1–20 of 151').waitFor();
    await view.getByLabel('Keep at most').fill('120');
    await view.getByRole('button', { name: 'Keep so' }).click();
    await waitFor(async () => {
      const { retention } = await lab.call<CollectionView>('GET', 'collections/iris');
      return retention.maxRows === 120;
    });
    await editor.picture('collections');
    await assertAccessible(page, 'the tray');
    assert.deepEqual(editor.complaints, []);
  });

  it('leafs through rows that are too large for a page together', async () => {
    await lab.call('POST', 'collections', { name: 'photos' });
    for (const shot of [1, 2, 3])
      await lab.call('POST', 'collections/photos/rows', { shot, raw: 'x'.repeat(3_500_000) });
    await using editor = await Editor.open(lab.nodeRed);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByRole('button', { name: 'Collections of training rows' }).click();
    const view = editor.page.locator('.mm-tray .mm-detail');
    await view.getByRole('button', { name: /photos/ }).click();
    await view.getByText('1–2 of 3').waitFor();
    await view.getByRole('button', { name: 'Next' }).click();
    await view.getByText('3–3 of 3').waitFor();
    assert.equal(await view.getByRole('button', { name: 'Next' }).getAttribute('aria-disabled'), 'true');
    await view.getByRole('button', { name: 'Previous' }).click();
    await view.getByText('1–2 of 3').waitFor();
    assert.deepEqual(editor.complaints, []);
  });

  it('stores how to reach a PostgreSQL, and says whether it answers', async function () {
    requireOrSkip(this, canRunPostgres, 'PostgreSQL');
    await using server = await Postgres.start();
    await server.query('CREATE TABLE readings (x int, created timestamptz NOT NULL DEFAULT now())');
    await server.query('INSERT INTO readings (x) VALUES (41), (42)');
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Jobs' }).click();
    await sidebar.getByRole('button', { name: 'Collections of training rows' }).click();
    const view = page.locator('.mm-tray .mm-detail');
    await view.getByRole('button', { name: 'Add a PostgreSQL' }).click();
    const form = view.locator('.mm-source-form');
    await form.getByLabel('Name').fill('plant');
    await form.getByLabel('Host').fill(server.options.host);
    await form.getByLabel('Port').fill(String(server.options.port));
    await form.getByLabel('Database').fill('postgres');
    await form.getByLabel('User').fill('postgres');
    await form.getByLabel('Password').fill('wrong');
    await form.getByLabel('TLS').selectOption('off');
    await form.getByRole('button', { name: 'Save and test' }).click();
    await form.getByText('It is stored all the same.').waitFor();
    await form.getByText(/password authentication failed/).waitFor();
    await editor.picture('source-form');
    await assertAccessible(page, 'the form of a source');
    await form.getByLabel('Password').fill(server.options.password);
    await form.getByRole('button', { name: 'Save and test' }).click();
    await view.getByText('plant answers.').waitFor();
    await view.getByLabel('Source').selectOption('plant');
    await view.getByLabel('Try a query').fill('SELECT * FROM readings');
    await view.getByRole('button', { name: 'Preview' }).click();
    await view.getByRole('cell', { name: '42' }).waitFor();
    await view.getByText('2 rows').waitFor();
    await view.getByRole('button', { name: /^plant/ }).click();
    assert.equal(await form.getByLabel('Password').inputValue(), '');
    await view.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete plant' }).click();
    await view.getByText('None. Queries read').waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});
