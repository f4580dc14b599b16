import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import type { Model } from '../../lib/registry/types';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';
import { overflowPx, resizePanel } from './room';

const longName = `a-name-as-long-as-names-may-be.${'x'.repeat(32)}`;

describe('the models tab in the room it gets', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const name of ['iris', 'anomaly', longName]) {
      const answer = await nodeRed.api('POST', `models/${name}/versions?create=true`, buildModel(addModel(1)));
      assert.equal(answer.status, 201, answer.text);
    }
    await nodeRed.api('PATCH', 'models/iris/versions/1', { metrics: { accuracy: 0.97, loss: 0.04 } });
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

  for (const isDark of [false, true]) {
    it(`holds at 294 x 255 px${isDark ? ' in the dark' : ''}: nothing sticks out, everything can be reached`, async () => {
      if (isDark) await editor.page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
      await resizePanel(panel, 294, 255);
      await editor.picture(`small-list${isDark ? '-dark' : ''}`);
      assert.ok((await overflowPx(panel)) <= 1);
      await panel.getByRole('button', { name: 'New' }).click();
      await panel.getByRole('button', { name: 'Upload', exact: true }).scrollIntoViewIfNeeded();
      await editor.picture(`small-upload${isDark ? '-dark' : ''}`);
      assert.ok((await overflowPx(panel)) <= 1);
      await panel.getByRole('button', { name: 'Back' }).click();
      await panel.getByText('iris').waitFor();
    });
  }

  it('shows a model beside the list from 520 px on, in the tray below that', async () => {
    await resizePanel(panel, 640, 500);
    await panel.getByText('iris').click();
    const beside = panel.getByRole('region', { name: 'Model iris' });
    await beside.getByText('Signature of v1').waitFor();
    await editor.picture('beside');
    assert.ok((await overflowPx(panel)) <= 1);
    await beside.getByRole('button', { name: 'Close' }).click();
    await beside.waitFor({ state: 'detached' });
    await resizePanel(panel, 400, 500);
    await panel.getByText('iris').click();
    await editor.page.locator('.mm-tray .mm-detail').waitFor();
  });

  it('goes from the search to a deployed model by keyboard alone', async () => {
    const { page } = editor;
    await panel.getByRole('searchbox').focus();
    await page.keyboard.type('iris');
    await panel.getByText('anomaly').waitFor({ state: 'detached' });
    // Order, New, then the first row.
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.mm-tray .mm-detail').waitFor();
    await editor.button('Delete…').press('Enter');
    const question = page.getByRole('alertdialog');
    await question.waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Delete iris');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    assert.equal((await nodeRed.api('GET', 'models/iris')).status, 200);
  });

  it('gives every button, field and picture a name', async () => {
    await panel.getByText('iris').click();
    await editor.page.locator('.mm-tray .mm-detail').getByText('Signature of v1').waitFor();
    const parts = editor.page.locator('.mm-sidebar, .mm-tray').locator('button, input, select, [role=img], table, ul');
    const nameless = await parts.evaluateAll((elements) =>
      elements
        .filter(
          (part) =>
            !part.getAttribute('aria-label') && !part.textContent?.trim() && !(part as HTMLInputElement).labels?.length,
        )
        .map((part) => part.outerHTML),
    );
    assert.ok((await parts.count()) > 10);
    assert.deepEqual(nameless, []);
  });

  it('hands out the file of a version as it was uploaded', async () => {
    await panel.getByText('iris').click();
    const [download] = await Promise.all([
      editor.page.waitForEvent('download'),
      editor.button('Download version 1').click(),
    ]);
    assert.equal(download.suggestedFilename(), 'iris-1.onnx');
    const bytes = await readFile(await download.path());
    const version = await nodeRed.api<{ digest: string }>('GET', 'models/iris/versions/1');
    assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, version.body.digest);
  });

  it('cancels an upload under way; nothing of it is kept', async () => {
    const slow = await editor.page.context().newCDPSession(editor.page);
    await slow.send('Network.enable');
    await slow.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 100_000,
    });
    await editor.button('New').click();
    await editor.upload({
      name: 'slow.onnx',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(4_000_000, 1),
    });
    const progress = editor.page.getByRole('progressbar');
    await progress.waitFor();
    await editor.picture('sending');
    await editor.page.locator('.mm-progress').getByRole('button', { name: 'Cancel' }).click();
    await progress.waitFor({ state: 'detached' });
    await editor.button('Upload').waitFor();
    const { body } = await nodeRed.api<{ items: readonly Model[] }>('GET', 'models');
    assert.ok(!body.items.some(({ name }) => name === 'slow'));
  });

  it('deletes a model that nothing uses after one question', async () => {
    await panel.getByText('anomaly').click();
    await editor.button('Delete…').click();
    await editor.page.getByText('anomaly and its 1 version go for good.').waitFor();
    await editor.button('Delete anomaly').click();
    await editor.page.locator('.mm-tray').waitFor({ state: 'detached' });
    await panel.getByText('anomaly').waitFor({ state: 'detached' });
    assert.equal((await nodeRed.api('GET', 'models/anomaly')).status, 404);
  });
});

describe('the models tab when Node-RED goes away', function () {
  this.timeout(120_000);

  it('keeps what it showed, says what is wrong, and is up to date again by itself', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    await using nodeRed = await NodeRed.start();
    await nodeRed.api('POST', 'models/before/versions?create=true', buildModel(addModel(1)));
    await using editor = await Editor.open(nodeRed);
    const panel = await editor.showModels();
    await panel.getByText('before').waitFor();
    await nodeRed.stop();
    await panel.getByText('before').click();
    await editor.page.getByText('Node-RED does not answer.').first().waitFor();
    await editor.picture('gone');
    const shiftPx = await editor.page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll('#red-ui-main-container, #red-ui-editor, body')].map((box) => box.scrollLeft),
      ),
    );
    assert.equal(shiftPx, 0, 'the error must not push the editor aside');
    await nodeRed.restart();
    const made = await nodeRed.api('POST', 'models', { name: 'afterwards' });
    assert.equal(made.status, 201, made.text);
    await panel.getByText('afterwards').waitFor({ timeout: 40_000 });
  });
});
