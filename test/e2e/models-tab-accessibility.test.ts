import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel, identityModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { assertAccessible, violationsOf } from './accessibility';
import { chromiumPath, Editor } from './editor';

describe('the models tab for everybody', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({
      flows: [
        { id: 'tab', type: 'tab', label: 'Line 3' },
        { id: 'node', type: 'onnx-model', z: 'tab', name: 'pump', model: 'iris', x: 200, y: 100, wires: [[]] },
      ],
    });
    const models = [addModel(1), addModel(2), identityModel('float64')];
    for (const [index, model] of models.entries()) {
      const answer = await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(model));
      assert.equal(answer.status, 201, answer.text);
      await nodeRed.api('PATCH', `models/iris/versions/${index + 1}`, {
        metrics: { accuracy: 0.9 + index / 100 },
        labels: ['setosa', 'versicolor', 'virginica'],
        description: 'trained on the data of March',
        tags: { team: 'vision' },
      });
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
    await panel.getByText('iris').waitFor();
  });
  afterEach(async () => {
    if (!editor) return;
    const { complaints } = editor;
    await editor[Symbol.asyncDispose]();
    assert.deepEqual(complaints, []);
  });

  it('axe sees what is wrong in our elements', async () => {
    await panel.evaluate((element) => {
      const nameless = document.createElement('input');
      const faint = document.createElement('p');
      faint.textContent = 'hard to read';
      faint.style.color = 'var(--red-ui-secondary-border-color)';
      element.prepend(nameless, faint);
    });
    const violations = await violationsOf(editor.page);
    assert.match(violations.join('\n'), /^label: /m);
    assert.match(violations.join('\n'), /^color-contrast: /m);
  });

  it('holds in the list and the form for a model', async () => {
    await assertAccessible(editor.page, 'list');
    await editor.button('New').click();
    await editor.page.locator('.mm-upload').waitFor();
    await assertAccessible(editor.page, 'upload form');
    await editor.upload({ name: 'x.onnx', mimeType: 'application/octet-stream', buffer: Buffer.from('no') });
    await editor.page.locator('.mm-error').waitFor();
    await assertAccessible(editor.page, 'refused upload');
  });

  it('holds in a model, with each question and form open', async () => {
    const { page } = editor;
    await panel.getByText('iris').click();
    await page.getByText('Signature of v1').waitFor();
    await assertAccessible(page, 'model');
    for (const [button, sign] of [
      ['Try it', '.mm-try textarea, .mm-try .monaco-editor'],
      ['New version', '.mm-upload'],
      ['show', '.mm-usage'],
      ['Deploy version 2', '.mm-question'],
      ['Delete version 2', '.mm-question'],
      ['Create inference pipeline', '.mm-form'],
      ['Delete…', '.mm-question'],
    ] as const) {
      await editor.button(button).click();
      await page.locator(sign).first().waitFor();
      await assertAccessible(page, button);
    }
  });
});
