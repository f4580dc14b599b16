import assert from 'node:assert/strict';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';
import { LibraryTray } from './library-tray';

/** The platform takes a tray away so long after it was told to. */
const TRAY_CLOSES_MS = 250;

interface MonacoWindow {
  readonly monaco: { readonly editor: { getModels(): readonly { getLanguageId(): string }[] } };
}

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

  it('GIVEN_a_page_that_draws_nothing_WHEN_its_tray_closes_THEN_it_is_gone_before_the_platform_looks_for_what_is_left', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    await using nodeRed = await NodeRed.start();
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    const tray = new LibraryTray(editor);
    await tray.open(await editor.showLibraries(), 'pipelib_merge');
    await page.waitForFunction(() =>
      (window as unknown as MonacoWindow).monaco.editor
        .getModels()
        .some((model) => model.getLanguageId() === 'javascript'),
    );
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 1_000);
    await page.evaluate(() => document.getElementById('mm-tray-close')?.click());
    await page.clock.runFor(TRAY_CLOSES_MS);
    assert.equal(await tray.element.count(), 0);
    // Who observes later is told later.
    await page.evaluate(
      () => new Promise<void>((told) => new IntersectionObserver(() => told()).observe(document.documentElement)),
    );
    assert.deepEqual(editor.complaints, []);
  });
});
