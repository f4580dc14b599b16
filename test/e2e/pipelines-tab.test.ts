import assert from 'node:assert/strict';
import { modelFlow } from '../support/flows';
import { ModelLab } from '../support/model-lab';
import { mosquittoPath } from '../support/mosquitto';
import type { FlowNode } from '../support/node-red';
import { addModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible, themes, useTheme } from './accessibility';
import { chromiumPath, Editor } from './editor';
import { overflowPx, resizePanel } from './room';

describe('the tab Pipelines', function () {
  this.timeout(120_000);
  let lab: ModelLab;
  let flow: readonly FlowNode[];

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    // Without the probes, which are pipelines' business too.
    flow = modelFlow({ model: 'plus', brokerPort: lab.broker.port }).map((node) =>
      node.type === 'tab' ? { ...node, label: 'plus pipeline' } : node,
    );
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('shows, tests, breaks, stops and starts a pipeline', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Pipelines' });
    await panel.getByRole('button', { name: /plus pipeline/ }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByRole('heading', { name: 'plus pipeline' }).waitFor();
    await detail.getByText('models: plus').waitFor();
    const drawing = detail.getByRole('group', { name: 'The flow' });
    await drawing.getByRole('button', { name: /^the model.*v1/ }).waitFor();
    assert.equal(await drawing.getByRole('button').count(), 8);

    await detail.getByRole('button', { name: 'Test' }).click();
    const test = detail.getByRole('region', { name: 'Test' });
    await editor.pasteCode(test, '[1, 2, 3, 4]');
    const before = lab.mqtt.on('out').length;
    await test.getByRole('button', { name: 'Send' }).click();
    await test.getByText('succeeded', { exact: true }).waitFor();
    await test.getByText('held back').first().waitFor();
    await test.getByText('[2,3,4,5]').first().waitFor();
    assert.equal(lab.mqtt.on('out').length, before, 'nothing was published');
    await editor.picture('pipeline-test');
    await assertAccessible(page, 'a pipeline');

    await editor.pasteCode(test, '"no numbers"');
    await test.getByRole('button', { name: 'Send' }).click();
    await test.getByText('failed', { exact: true }).waitFor();
    await lab.mqtt.publish('in', ['no', 'numbers']);
    const error = detail.locator('.mm-error').first();
    await drawing.getByRole('button', { name: /^the model.*, failed/ }).waitFor();
    await error.getByRole('button').waitFor();
    await editor.picture('pipeline-failed');

    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    await detail.getByText('listening, succeeded').first().waitFor();
    await detail.getByRole('cell', { name: 'published', exact: true }).first().waitFor();
    await detail.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
    await detail.getByText('idle').first().waitFor();
    await page.locator('#red-ui-tab-tab.red-ui-workspace-disabled').waitFor();
    await detail.getByRole('button', { name: 'Start' }).click();
    await detail.getByRole('button', { name: 'Stop' }).waitFor();
    await page.locator('#red-ui-tab-tab:not(.red-ui-workspace-disabled)').waitFor();
    assert.equal(await page.locator('.red-ui-notification', { hasText: 'updated' }).count(), 0, 'it was this editor');
    assert.equal(await editor.isDirty(), false, 'there is nothing to deploy');
    await lab.untilFlowListens();
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    await editor.button('Close').click();
    await panel.getByText(/\d runs · \d+ failed/).waitFor();
    assert.deepEqual(editor.complaints, []);
  });

  it('leads from an error to its node', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    await lab.mqtt.publish('in', ['no', 'numbers']);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    await sidebar.getByRole('button', { name: /plus pipeline.*failed/ }).click();
    const detail = editor.page.locator('.mm-tray .mm-detail');
    await detail.locator('.mm-error').getByRole('button').click();
    await detail.waitFor({ state: 'detached' });
    await editor.page.locator('.red-ui-flow-node-highlighted').waitFor();
    assert.deepEqual(editor.complaints, []);
  });

  it('keeps inputs, tells times on the drawing, and mends what is wrong', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    await sidebar.getByRole('button', { name: /plus pipeline/ }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByRole('button', { name: 'Test' }).click();
    const test = detail.getByRole('region', { name: 'Test' });
    await editor.pasteCode(test, '[5, 6, 7, 8]');
    await test.getByLabel('Comes to').selectOption({ label: 'mqtt in · in' });
    await test.getByText('Saved inputs (0)').click();
    await test.getByLabel('Name').fill('five to eight');
    await test.getByRole('button', { name: 'Save this input' }).click();
    await test.getByText('Saved inputs (1)').waitFor();
    await editor.pasteCode(test, '[]');
    await test.getByLabel('Take').selectOption('–');
    await test.getByLabel('Take').selectOption('five to eight');
    await test.getByRole('button', { name: 'Send' }).click();
    await test.getByText('[6,7,8,9]').first().waitFor();
    const drawing = detail.getByRole('group', { name: 'The flow' });
    await drawing.getByRole('button', { name: /^the model.*\d+ · [\d.]+ ms/ }).waitFor();
    await editor.picture('pipeline-figures');
    await assertAccessible(page, 'a test with saved inputs');
    await test.getByRole('button', { name: 'Delete' }).click();
    await test.getByText('Saved inputs (0)').waitFor();
    await editor.button('Close').click();

    await lab.nodeRed.deploy(
      flow.map((node) => (node.id === 'model' ? { ...node, model: 'gone' } : node)) as FlowNode[],
    );
    await page.reload();
    await editor.untilReady();
    const again = await editor.showModels();
    await again.getByRole('tab', { name: 'Pipelines' }).click();
    await again.getByRole('button', { name: /plus pipeline.*failed to initialize/ }).click();
    await detail.getByRole('list', { name: 'What will surprise' }).getByText('There is no model gone.').waitFor();
    await editor.picture('pipeline-problem');
    await detail.getByRole('button', { name: 'Upload or choose' }).click();
    await page.locator('.mm-dialog').getByLabel('Model', { exact: true }).waitFor();
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
    assert.deepEqual(editor.complaints, []);
  });

  it('makes a pipeline, a copy of it with other topics, and deletes that', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Pipelines' });
    await panel.getByRole('button', { name: 'New' }).click();
    const form = page.getByRole('group', { name: 'New pipeline' });
    await form.getByLabel('Name').fill('made here');
    await form.getByLabel('What answers').selectOption({ label: 'model plus' });
    await form.getByLabel('Inbound topic').fill('made/in');
    await form.getByLabel('Outbound topic').fill('out');
    await editor.picture('pipeline-new');
    await assertAccessible(page, 'a new pipeline');
    await form.getByRole('button', { name: 'Put it into the editor' }).click();
    await page.locator('.red-ui-tab-label', { hasText: 'made here' }).waitFor();
    await editor.deploy();
    await panel.getByRole('button', { name: /made here/ }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByRole('button', { name: 'Duplicate…' }).click();
    const copy = detail.getByRole('group', { name: 'Duplicate…' });
    await copy.getByLabel('Instead of the inbound topic made/in').fill('copied/in');
    await editor.picture('pipeline-duplicate');
    await assertAccessible(page, 'a copy');
    await copy.getByRole('button', { name: 'Duplicate', exact: true }).click();
    await page.locator('.red-ui-tab-label', { hasText: 'made here copy' }).waitFor();
    await editor.deploy();
    await panel.getByRole('button', { name: /made here copy/ }).waitFor();
    const answered = async (topic: string): Promise<unknown> => {
      const before = lab.mqtt.on('out').length;
      return waitFor(async () => {
        await lab.mqtt.publish(topic, [0, 0, 0, 41]);
        return lab.mqtt
          .on('out')
          .slice(before)
          .some((payload) => JSON.stringify(payload) === '[1,1,1,42]');
      });
    };
    await answered('copied/in');

    await panel.getByRole('button', { name: /made here copy/ }).click();
    await detail.getByRole('button', { name: 'Delete…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('What comes on copied/in is then not answered any more on out.').waitFor();
    await editor.picture('pipeline-delete');
    await question.getByRole('button', { name: 'Delete', exact: true }).click();
    const notice = page.locator('.red-ui-notification', { hasText: 'The pipeline “made here copy” is deleted.' });
    await notice.waitFor();
    await page.locator('.red-ui-tab-label', { hasText: 'made here copy' }).waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: /made here copy/ }).waitFor({ state: 'detached' });
    assert.equal(await editor.isDirty(), false, 'it is deployed already');
    await notice.getByRole('button', { name: 'Put it back into the editor' }).click();
    await page.locator('.red-ui-tab-label', { hasText: 'made here copy' }).waitFor();
    await editor.deploy();
    await answered('copied/in');
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
    assert.deepEqual(editor.complaints, []);
  });

  it('shows what each node did with a message that came while it was open', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    await sidebar.getByRole('button', { name: /plus pipeline/ }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    const drawing = detail.getByRole('group', { name: 'The flow' });
    await drawing.waitFor();
    const times = detail.getByRole('region', { name: 'node by node' });
    const followed = detail.getByRole('row', { name: /succeeded node by node/ });
    // Runs are followed once the server knows that somebody looks.
    await waitFor(async () => {
      await lab.mqtt.ask('in', [7, 8, 9, 10], 'out');
      return (await followed.count()) > 0;
    });
    await followed.first().getByRole('button', { name: 'node by node' }).click();
    await times.getByRole('button', { name: 'the model' }).waitFor();
    await times
      .getByText(/^\d+(\.\d+)? ms$/)
      .first()
      .waitFor();
    await times.getByText('[7,8,9,10]').first().waitFor();
    await times.getByText('[8,9,10,11]').first().waitFor();
    for (const theme of themes) {
      await useTheme(page, theme);
      await times.scrollIntoViewIfNeeded();
      await editor.picture(`pipeline-run-${theme}`);
      await assertAccessible(page, `a run node by node, ${theme}`);
    }
    await times.getByRole('button', { name: 'Hide' }).click();
    await times.waitFor({ state: 'detached' });
    assert.deepEqual(editor.complaints, []);
  });

  it('holds in little room, in both themes', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const { page } = editor;
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Pipelines' });
    await panel.getByText('plus pipeline').waitFor();
    await resizePanel(sidebar, 294, 255);
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
    assert.ok((await overflowPx(sidebar.getByRole('tablist'))) <= 0, 'nor of the tabs');
    for (const theme of themes) {
      await useTheme(page, theme);
      await editor.picture(`pipelines-narrow-${theme}`);
      await assertAccessible(page, `the list, ${theme}`);
    }
    await panel.getByRole('button', { name: /plus pipeline/ }).click();
    await page.locator('.mm-tray .mm-detail').getByRole('heading', { name: 'plus pipeline' }).waitFor();
    for (const theme of themes) {
      await useTheme(page, theme);
      await editor.picture(`pipeline-detail-${theme}`);
      await assertAccessible(page, `a pipeline, ${theme}`);
    }
    assert.deepEqual(editor.complaints, []);
  });
});
