import assert from 'node:assert/strict';
import { modelFlow } from '../support/flows';
import { ModelLab } from '../support/model-lab';
import { mosquittoPath } from '../support/mosquitto';
import type { FlowNode } from '../support/node-red';
import { addModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
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
    await detail.getByText('at', { exact: false }).first().waitFor();
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
    await detail.getByRole('button', { name: 'Start' }).click();
    await detail.getByRole('button', { name: 'Stop' }).waitFor();
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
