import assert from 'node:assert/strict';
import { quickPipelineRow } from '../support/clearblade-rows';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { buildModel, irisModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';

describe(`the dialog that imports from ClearBlade, in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    const uploaded = await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(irisModel()));
    assert.equal(uploaded.status, 201, uploaded.text);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    await editor.showModels();
    await editor.button('Import from ClearBlade…').click();
    await editor.page.getByLabel('Exported rows').waitFor();
  });
  afterEach(async () => {
    const complaints = editor?.complaints;
    await editor?.[Symbol.asyncDispose]();
    assert.deepEqual(complaints, []);
  });

  const fill = async (text: string): Promise<void> => {
    await editor.page.getByLabel('Exported rows').fill(text);
    await editor.button('Show what it becomes').click();
  };

  it('shows what pasted rows become, and puts the chosen pipelines into the editor', async () => {
    const { page } = editor;
    const rows = {
      pipelines: [quickPipelineRow(), quickPipelineRow('other'), { ...quickPipelineRow('odd'), name: 'left out' }],
      models: [{ name: 'iris', to_deploy: true }],
    };
    await fill(JSON.stringify({ DATA: [...rows.pipelines, ...rows.models] }));
    await page.getByText('3 pipelines', { exact: true }).waitFor();
    await page.getByText('Model iris: here').waitFor();
    await page.getByText('Model other: not here yet').waitFor();
    await page.getByText(/^Upload outbox\/model.onnx of the bucket set "iris" as version 1/).waitFor();
    await page.getByText(/Only "Inbound" names the wire to "iris"/).waitFor();
    await editor.picture('import-preview');
    await assertAccessible(page, 'the preview of an import');
    await page.getByLabel('left out').uncheck();
    await editor.button('Put 2 pipelines into the editor').click();
    await page.getByText('2 pipelines are in the editor. Nothing of them runs yet.').waitFor();
    await page.getByText('Upload the models: other.').waitFor();
    await editor.picture('import-done');
    const nodes = await editor.nodes();
    const labels = nodes.flatMap(({ type, label }) => (type === 'tab' ? [label] : []));
    assert.ok(labels.includes('iris_pipeline') && labels.includes('other_pipeline') && !labels.includes('left out'));
    assert.equal(nodes.filter(({ type }) => type === 'mqtt-broker').length, 1);
    assert.deepEqual(
      nodes.flatMap(({ type, x, y }) => (type === 'onnx-model' ? [[x, y]] : [])),
      [
        [250, 200],
        [250, 200],
      ],
    );
    const notice = page.locator('.red-ui-notification').filter({ hasText: 'are in the editor' });
    await notice.getByRole('button', { name: 'Close' }).click();
    await notice.waitFor({ state: 'hidden' });
  });

  it('takes a CSV file', async () => {
    const { name, steps, status } = quickPipelineRow();
    const field = (value: unknown): string => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const csv = `name,steps,status\n${name},${field(steps)},${field(status)}\n`;
    await editor.page
      .locator('.mm-import input[type=file]')
      .setInputFiles({ name: 'pipelines.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await editor.page.getByText('1 pipeline', { exact: true }).waitFor();
    await editor.button('Back').click();
    assert.equal(await editor.page.getByLabel('Exported rows').inputValue(), csv);
  });

  it('says what is wrong with text that holds no rows, and with rows that cannot be read', async () => {
    const { page } = editor;
    await fill('hello');
    await page.getByRole('alert').getByText('There are no rows of pipelines, models or jobs in this.').waitFor();
    await editor.picture('import-refused');
    await assertAccessible(page, 'rows that were refused');
    await fill('{"steps":{"a":{"nodeType":"SHELL"}}}');
    await page
      .getByRole('alert')
      .getByText(/pipelines\.0\.steps\.a\.nodeType/)
      .waitFor();
    await editor.picture('import-error');
    assert.match(await page.getByLabel('Exported rows').inputValue(), /SHELL/);
  });

  it('says what to do when there are only models and jobs', async () => {
    await fill(JSON.stringify({ jobs: [{ name: 'iris_job', model_name: 'iris', training_edge: 'e' }] }));
    await editor.page.getByText('There is no pipeline among these rows.').waitFor();
    await editor.page.getByText(/Give the job the requirements file/).waitFor();
    assert.equal(await editor.page.getByRole('button', { name: /into the editor/ }).count(), 0);
  });

  it('works by keyboard alone', async () => {
    const { page } = editor;
    await page.getByLabel('Exported rows').focus();
    await page.keyboard.insertText(JSON.stringify(quickPipelineRow()));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('1 pipeline', { exact: true }).waitFor();
    await page.getByRole('checkbox').focus();
    await page.keyboard.press('Space');
    assert.ok(await editor.button('Put 0 pipelines into the editor').isDisabled());
  });
});
