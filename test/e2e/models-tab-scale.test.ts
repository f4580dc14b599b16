import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { openRegistryIn } from '../support/registry-folder';
import { anUpload } from '../support/registry-lab';
import { requireOrSkip } from '../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';

const COUNT = 200;

/** 200 models of one version and one of 200, stored without loading any of them. */
async function fill(path: string): Promise<void> {
  const { registry, close } = await openRegistryIn(path);
  const bytes = Array.from({ length: COUNT }, (_, index) => buildModel(addModel(index)));
  for (const [index, model] of bytes.entries()) {
    await registry.addVersion(`model-${index + 1}`, anUpload(model), null);
    await registry.addVersion('many', anUpload(model), null);
    await registry.updateVersion('many', index + 1, { metrics: { accuracy: index / COUNT } }, null);
  }
  await close();
}

describe('the models tab with 200 models, and a model of 200 versions', function () {
  this.timeout(180_000);
  let folder: TemporaryFolder;
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    folder = await temporaryFolder();
    await fill(folder.path);
    nodeRed = await NodeRed.start({ modelManagement: { dataDir: folder.path } });
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
  });
  after(async () => {
    if (editor) assert.deepEqual(editor.complaints, []);
    await editor?.[Symbol.asyncDispose]();
    await nodeRed?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('shows a page of the list at a time, and finds each by its name', async () => {
    await panel.getByText(`1–50 of ${COUNT + 1}`).waitFor();
    assert.equal(await panel.locator('.mm-row').count(), 50);
    for (const range of ['51–100', '101–150', '151–200', '201–201']) {
      await panel.getByRole('button', { name: 'Next page' }).press('Enter');
      await panel.getByText(`${range} of ${COUNT + 1}`).waitFor();
    }
    await panel.getByText('model-200', { exact: true }).waitFor();
    const next = panel.getByRole('button', { name: 'Next page' });
    assert.ok(await next.evaluate((button) => button === document.activeElement && button.ariaDisabled === 'true'));
    await panel.getByRole('searchbox').fill('model-173');
    await panel.getByText('1–1 of 1').waitFor();
    await panel.getByRole('searchbox').fill('');
  });

  it('shows a page of the versions at a time, compares over pages, and draws all of them', async () => {
    const { page } = editor;
    await panel.getByRole('searchbox').fill('many');
    await panel.getByText('many', { exact: true }).click();
    await page.getByText('Signature of v1').waitFor();
    const rows = page.locator('.mm-versions tbody tr');
    assert.equal(await rows.count(), 50);
    assert.equal(await page.getByRole('slider').getAttribute('aria-valuemax'), String(COUNT));
    await page.getByLabel('Compare version 200').check();
    for (const range of ['51–100', '101–150', '151–200']) {
      await page.locator('.mm-detail').getByRole('button', { name: 'Next page' }).click();
      await page.locator('.mm-detail').getByText(`${range} of ${COUNT}`).waitFor();
    }
    await page.getByLabel('Compare version 1', { exact: true }).check();
    await editor.button('Compare v1 and v200').click();
    await page.getByRole('table', { name: 'v1 and v200 side by side' }).waitFor();
    await editor.picture('many-versions');
    await assertAccessible(page, 'many versions');
  });
});
