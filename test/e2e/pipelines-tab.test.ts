import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { modelFlow } from '../support/flows';
import { ModelLab } from '../support/model-lab';
import { mosquittoPath } from '../support/mosquitto';
import type { FlowNode } from '../support/node-red';
import { addModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible, themes, useTheme } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { overflowPx, resizePanel } from './room';

describe('the tab Pipelines', function () {
  this.timeout(120_000);
  let lab: ModelLab;
  let flow: readonly FlowNode[];
  let editor: Editor;
  let page: Page;
  let sidebar: Locator;
  let panel: Locator;
  let detail: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    flow = modelFlow({ model: 'plus', brokerPort: lab.broker.port }).map((node) =>
      node.type === 'tab' ? { ...node, label: 'plus pipeline' } : node,
    );
  });
  after(() => lab?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
    editor = await Editor.open(lab.nodeRed);
    ({ page } = editor);
    sidebar = await editor.showModels();
    panel = sidebar.getByRole('tabpanel', { name: 'Pipelines' });
    detail = page.locator('.mm-tray .mm-detail');
    await showTab('Pipelines');
  });
  closeAfterEach(() => editor);

  const showTab = (name: 'Models' | 'Pipelines'): Promise<void> => sidebar.getByRole('tab', { name }).click();
  const rowOf = (name: string | RegExp): Locator => panel.getByRole('button', { name });
  const open = async (row: string | RegExp): Promise<void> => {
    await rowOf(row).click();
    await detail.getByRole('group', { name: 'The flow' }).waitFor();
  };
  const openTest = async (): Promise<Locator> => {
    await detail.getByRole('button', { name: 'Test' }).click();
    return detail.getByRole('region', { name: 'Test' });
  };
  const close = async (): Promise<void> => {
    await editor.button('Close').click();
    await detail.waitFor({ state: 'detached' });
  };
  const tabOf = (name: string): Locator => page.locator('.red-ui-tab-label', { hasText: name });
  const stop = async (): Promise<void> => {
    await detail.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
    await detail.getByText('idle since').waitFor();
  };
  const modelNodeOf = async (label: string): Promise<string> => {
    const nodes = await editor.nodes();
    const tab = nodes.find((node) => node['label'] === label)?.id;
    return nodes.find((node) => node.type === 'onnx-model' && node['z'] === tab)?.id ?? '';
  };
  /** In the tab of models, where it is asked about twice. */
  const deleteUsedModel = async (name: string): Promise<void> => {
    await showTab('Models');
    await sidebar.getByRole('tabpanel', { name: 'Models' }).getByText(name).click();
    await editor.button('Delete…').click();
    await editor.button(`Delete ${name}`).click();
    await page.getByText(`${name} is in use.`).waitFor();
    await editor.button('Delete it anyway').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
  };

  /** By the form, and not deployed yet. */
  const fillNew = async (name: string, inboundTopic: string): Promise<Locator> => {
    await panel.getByRole('button', { name: 'New' }).click();
    const form = page.getByRole('group', { name: 'New pipeline' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('What answers').selectOption({ label: 'model plus' });
    await form.getByLabel('Inbound topic').fill(inboundTopic);
    await form.getByLabel('Outbound topic').fill('out');
    return form;
  };
  const create = async (form: Locator, name: string): Promise<void> => {
    await form.getByRole('button', { name: 'Put it into the editor' }).click();
    await tabOf(name).waitFor();
    await editor.deploy();
  };

  /** Asks until its `mqtt in` hears it. */
  const answered = async (topic: string): Promise<void> => {
    const before = lab.mqtt.on('out').length;
    const isAnswered = async (): Promise<boolean> => {
      await lab.mqtt.publish(topic, [0, 0, 0, 41]);
      const answers = lab.mqtt.on('out').slice(before);
      return answers.some((payload) => JSON.stringify(payload) === '[1,1,1,42]');
    };
    await waitFor(isAnswered, { what: `an answer to ${topic}`, intervalMs: 100 });
  };

  it('takes one all the way: made, tested, started, broken, mended and stopped', async () => {
    await lab.upload('doomed', addModel(2));
    const form = await fillNew('all the way', 'way/in');
    await editor.picture('pipeline-new');
    await assertAccessible(page, 'a new pipeline');
    await create(form, 'all the way');
    await open(/all the way.*listening since/);
    await detail.getByRole('heading', { name: 'all the way' }).waitFor();
    await detail.getByText('in: way/in · out: out · models: plus').waitFor();
    const drawing = detail.getByRole('group', { name: 'The flow' });
    await drawing.getByRole('button', { name: /^onnx-model.*v1/ }).waitFor();
    assert.equal(await drawing.getByRole('button').count(), 5);

    // Nothing of a dry run is published.
    const test = await openTest();
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
    await detail.getByText('listening since').waitFor();

    await stop();
    await page.locator('li.red-ui-workspace-disabled', { hasText: 'all the way' }).waitFor();
    await test.waitFor({ state: 'hidden' });
    await detail.getByRole('button', { name: 'Start' }).click();
    await detail.getByRole('button', { name: 'Stop' }).waitFor();
    await test.getByText('"no numbers"').first().waitFor();
    await page.locator('li:not(.red-ui-workspace-disabled)', { has: tabOf('all the way') }).waitFor();
    assert.equal(await page.locator('.red-ui-notification', { hasText: 'updated' }).count(), 0, 'it was this editor');
    assert.equal(await editor.isDirty(), false, 'there is nothing to deploy');

    await answered('way/in');
    await detail.getByText('listening, succeeded').first().waitFor();
    await detail
      .getByRole('row', { name: /out \[1,1,1,42\] published$/ })
      .first()
      .waitFor();

    // A message that does not fit: the error leads to its node.
    await lab.mqtt.publish('way/in', ['no', 'numbers']);
    await drawing.getByRole('button', { name: /^onnx-model.*, failed/ }).waitFor();
    await detail.locator('.mm-error', { hasText: 'at step onnx-model' }).waitFor();
    await editor.picture('pipeline-failed');
    await rowOf(/all the way.*failed runtime.*at step onnx-model/).waitFor();
    // It blinks for two seconds: the page itself looks out for it.
    await Promise.all([
      page.waitForFunction(() => document.querySelector('.red-ui-flow-node-highlighted')),
      detail.locator('.mm-error').getByRole('button', { name: 'onnx-model' }).click(),
    ]);
    await detail.waitFor({ state: 'detached' });

    // Its model is another, and that one goes for good.
    const dialog = await editor.editNode(await modelNodeOf('all the way'));
    await dialog.getByLabel('Model', { exact: true }).selectOption('doomed');
    await editor.saveNode();
    await editor.deploy();
    await deleteUsedModel('doomed');
    await showTab('Pipelines');
    await open(/all the way.*failed to initialize/);
    const problem = detail.getByRole('list', { name: 'What will surprise' }).getByRole('listitem');
    await problem.getByText('There is no model doomed.').waitFor();
    await problem.getByRole('button', { name: 'onnx-model' }).waitFor();
    await drawing.getByRole('button', { name: /^onnx-model.*, failed/ }).waitFor();
    const fix = problem.getByRole('button', { name: 'Upload or choose' });
    // Once the tray has slid in.
    await fix.hover();
    await editor.picture('pipeline-problem');

    await fix.click();
    await dialog.getByText('There is no model doomed yet.').waitFor();
    await editor.picture('pipeline-fix');
    await dialog.getByLabel('Model', { exact: true }).selectOption('plus');
    await dialog.getByText('There is no model doomed yet.').waitFor({ state: 'detached' });
    await editor.saveNode();
    await editor.deploy();
    await answered('way/in');
    await open(/all the way.*listening, succeeded/);
    await detail.getByText('listening, succeeded').first().waitFor();
    assert.equal(await problem.count(), 0);
    await stop();
    await editor.picture('pipeline-mended');
    await close();
    await rowOf(/all the way.*idle since.*\d runs · \d+ failed/).waitFor();
  });

  it('keeps inputs, and tells times on the drawing', async () => {
    await open(/plus pipeline/);
    const test = await openTest();
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
  });

  it('copies one with other topics, and deletes the copy', async () => {
    await create(await fillNew('made here', 'made/in'), 'made here');
    await open(/made here/);
    await detail.getByRole('button', { name: 'Duplicate…' }).click();
    const copy = detail.getByRole('group', { name: 'Duplicate…' });
    await copy.getByLabel('Instead of the inbound topic made/in').fill('copied/in');
    await editor.picture('pipeline-duplicate');
    await assertAccessible(page, 'a copy');
    await copy.getByRole('button', { name: 'Duplicate', exact: true }).click();
    await tabOf('made here copy').waitFor();
    await editor.deploy();
    await rowOf(/made here copy/).waitFor();
    await answered('copied/in');

    await open(/made here copy/);
    await detail.getByRole('button', { name: 'Delete…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('What comes on copied/in is then not answered any more on out.').waitFor();
    await editor.picture('pipeline-delete');
    await question.getByRole('button', { name: 'Delete', exact: true }).click();
    const notice = page.locator('.red-ui-notification', { hasText: 'The pipeline “made here copy” is deleted.' });
    await notice.waitFor();
    await tabOf('made here copy').waitFor({ state: 'detached' });
    await rowOf(/made here copy/).waitFor({ state: 'detached' });
    assert.equal(await editor.isDirty(), false, 'it is deployed already');
    await notice.getByRole('button', { name: 'Put it back into the editor' }).click();
    await tabOf('made here copy').waitFor();
    await editor.deploy();
    await answered('copied/in');
  });

  it('shows what each node did with a message that came while it was open', async () => {
    // One of its own: of another, the messages before may have been followed, too.
    await create(await fillNew('seen', 'seen/in'), 'seen');
    await open(/seen/);
    const times = detail.getByRole('region', { name: 'node by node' });
    const followed = detail.getByRole('row', { name: /succeeded node by node/ });
    // Runs are followed once the server knows that somebody looks.
    const isFollowed = async (): Promise<boolean> => {
      await answered('seen/in');
      return (await followed.count()) > 0;
    };
    await waitFor(isFollowed, { what: 'a run that is followed', intervalMs: 200 });
    await followed.first().getByRole('button', { name: 'node by node' }).click();
    await times.getByRole('button', { name: 'onnx-model' }).waitFor();
    await times
      .getByText(/^\d+(\.\d+)? ms$/)
      .first()
      .waitFor();
    await times.getByText('[0,0,0,41]').first().waitFor();
    await times.getByText('[1,1,1,42]').first().waitFor();
    for (const theme of themes) {
      await useTheme(page, theme);
      await times.scrollIntoViewIfNeeded();
      await editor.picture(`pipeline-run-${theme}`);
      await assertAccessible(page, `a run node by node, ${theme}`);
    }
    await times.getByRole('button', { name: 'Hide' }).click();
    await times.waitFor({ state: 'detached' });
  });

  it('holds in little room, in both themes', async () => {
    await panel.getByText('plus pipeline').waitFor();
    await resizePanel(sidebar, 294, 255);
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
    assert.ok((await overflowPx(sidebar.getByRole('tablist'))) <= 0, 'nor of the tabs');
    for (const theme of themes) {
      await useTheme(page, theme);
      await editor.picture(`pipelines-narrow-${theme}`);
      await assertAccessible(page, `the list, ${theme}`);
    }
    await open(/plus pipeline/);
    for (const theme of themes) {
      await useTheme(page, theme);
      await editor.picture(`pipeline-detail-${theme}`);
      await assertAccessible(page, `a pipeline, ${theme}`);
    }
  });
});
