import assert from 'node:assert/strict';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';

describe('a code editor', function () {
  this.timeout(120_000);

  it('GIVEN_a_worker_that_does_not_answer_THEN_it_folds_AND_throws_nothing_once_it_has_gone', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    await using nodeRed = await NodeRed.start();
    const stored = await nodeRed.api('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    assert.equal(stored.status, 201, stored.text);
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    const late = Promise.withResolvers<void>();
    await page.route('**/json.worker.js*', async (route) => {
      await late.promise;
      await route.continue();
    });
    const panel = await editor.showModels();
    await panel.getByText('plus').click();
    await editor.button('Try it').click();
    const form = page.locator('.mm-try');
    await editor.pasteCode(form, '[[\n  1,\n  2\n]]');
    await form.locator('.codicon-folding-expanded').first().waitFor({ state: 'attached' });
    await editor.pasteCode(form, '[[\n  1,\n  2,\n  3\n]]');
    await editor.button('Try it').click();
    await form.waitFor({ state: 'detached' });
    late.resolve();
    // What the worker was asked before is answered before.
    await editor.button('Try it').click();
    await editor.pasteCode(form, '[1, 2,');
    await form.locator('.squiggly-error').waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});
