import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { resizePanel } from './room';

describe('what is typed into the models tab, and what is asked by it', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const model of [addModel(1), addModel(2), addModel(3)]) {
      const answer = await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(model));
      assert.equal(answer.status, 201, answer.text);
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await deploy(1);
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
    await panel.getByText('iris', { exact: true }).waitFor();
  });
  closeAfterEach(() => editor);

  const deploy = async (version: number): Promise<void> => {
    const answer = await nodeRed.api('PUT', 'models/iris/aliases/deployed', { version, force: true });
    assert.equal(answer.status, 200, answer.text);
  };
  const open = async (version = 1): Promise<void> => {
    await panel.getByText('iris', { exact: true }).click();
    await editor.page.getByText(`Signature of v${version}`).waitFor();
  };

  it('stays with the version it was meant for when another is deployed', async () => {
    const { page } = editor;
    await open();
    await editor.button('Edit version 1').click();
    await page.getByLabel('Description').fill('half a sentence');
    await deploy(2);
    await page.getByText('deployed v2').first().waitFor();
    assert.equal(await page.getByLabel('Description').inputValue(), 'half a sentence');
    await page.getByRole('group', { name: 'Edit version 1' }).waitFor();
  });

  it('stays in Try it while versions are deployed and chosen; an answer goes with its version', async () => {
    const { page } = editor;
    await open();
    await editor.button('Try it').click();
    const tried = page.getByRole('region', { name: 'Try it' });
    await editor.pasteCode(tried.getByRole('group', { name: 'Payload' }), '[[4, 4, 4, 4]]');
    await deploy(2);
    await page.getByText('deployed v2').first().waitFor();
    const version = tried.getByLabel('Version');
    assert.equal(await version.inputValue(), '1');
    const run = async (): Promise<unknown> => {
      await editor.button('Run').click();
      return JSON.parse((await tried.getByLabel('Result').textContent()) ?? '');
    };
    assert.deepEqual(await run(), [[5, 5, 5, 5]]);
    await version.selectOption('3');
    await tried.getByLabel('Result').waitFor({ state: 'detached' });
    assert.deepEqual(await run(), [[7, 7, 7, 7]]);
  });

  it('waits unseen while there is no room beside the list', async () => {
    await resizePanel(panel, 640, 500);
    await open();
    const beside = panel.getByRole('region', { name: 'Model iris' });
    await beside.getByRole('button', { name: 'Edit iris' }).click();
    await beside.getByLabel('Description').fill('half a sentence');
    await resizePanel(panel, 400, 500);
    await beside.waitFor({ state: 'hidden' });
    await resizePanel(panel, 640, 500);
    await beside.waitFor();
    assert.equal(await beside.getByLabel('Description').inputValue(), 'half a sentence');
  });

  it('is told of a rollback where it went, not where it was asked to go', async () => {
    const { page } = editor;
    await deploy(2);
    await open(2);
    await page.route('**/model-management/models/iris/rollback', async (route) => {
      await deploy(3);
      await route.continue();
    });
    await editor.button('Roll back to v1').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back to v1' }).press('Enter');
    await page.locator('.mm-announcer', { hasText: 'iris: v2 is deployed.' }).waitFor({ state: 'attached' });
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('goes into the form of a pipeline at once, and back to its button when it is cancelled', async () => {
    const { page } = editor;
    await open();
    const button = editor.button('Create inference pipeline');
    await button.press('Enter');
    await page.keyboard.type('!');
    await page
      .getByRole('group', { name: 'Create inference pipeline' })
      .getByRole('button', { name: 'Cancel' })
      .press('Enter');
    assert.ok(await button.evaluate((one) => one === document.activeElement));
  });

  it('shows a model while its health is slow to come, and lets the answer come', async () => {
    const { page } = editor;
    await page.clock.install();
    // The list asks as well, and either may be the first.
    const late = Promise.withResolvers<void>();
    let heldCount = 0;
    const lost: string[] = [];
    page.on('requestfailed', (request) => request.url().endsWith('/health') && lost.push(request.url()));
    await page.route('**/model-management/health', async (route) => {
      heldCount += 1;
      await late.promise;
      await route.continue();
    });
    await open();
    await waitFor(() => heldCount > 0, { what: 'the health to be asked' });
    await page.clock.runFor(20_000);
    late.resolve();
    await page.getByRole('table', { name: 'Loaded on this machine' }).waitFor();
    assert.deepEqual(lost, []);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('a model is shown whole although changes come steadily while it is loaded', async () => {
    const { page } = editor;
    let loads = 0;
    await page.route('**/model-management/models/iris', async (route) => {
      loads += 1;
      if (loads < 4) await nodeRed.api('PATCH', 'models/iris', { description: `change ${loads}` });
      await route.continue();
    });
    await open();
    await page.locator('.mm-detail').getByText('change 3').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});
