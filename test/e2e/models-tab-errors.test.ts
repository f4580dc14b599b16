import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel, identityModel, type ModelSpec } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { type ChosenFile, chromiumPath, closeAfterEach, Editor } from './editor';
import { tokenOf, userSettings } from './users';

const HOSTILE = '<img src=x onerror="window.hacked=1"><b>bold</b>';

function fileOf(buffer: Buffer, name = 'model.onnx'): ChosenFile {
  return { name, mimeType: 'application/octet-stream', buffer };
}

async function store(nodeRed: NodeRed, model: string, spec: ModelSpec): Promise<void> {
  const answer = await nodeRed.api('POST', `models/${model}/versions?create=true`, buildModel(spec));
  assert.equal(answer.status, 201, answer.text);
}

interface ActionList {
  readonly RED: { readonly actions: { list(): readonly { readonly id: string }[] } };
}

describe('the models tab when something is wrong', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({
      flows: [
        { id: 'tab', type: 'tab', label: HOSTILE },
        { id: 'node', type: 'onnx-model', z: 'tab', name: HOSTILE, model: 'used', x: 200, y: 100, wires: [[]] },
      ],
    });
    await store(nodeRed, 'used', addModel(1));
    await store(nodeRed, 'used', identityModel('float64'));
    await store(nodeRed, 'Twice', addModel(1));
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
  });
  closeAfterEach(() => editor);

  const open = (model: string): Promise<void> =>
    panel
      .locator('.mm-row')
      .filter({ has: editor.page.getByText(model, { exact: true }) })
      .click();

  it('says in words what is wrong with a file that is no model, and keeps the form for another try', async () => {
    await editor.button('New').click();
    await editor.upload(fileOf(Buffer.from('PK\u0003\u0004 this is a zip')), { name: 'zip' });
    const alert = editor.page.locator('.mm-error');
    await alert.waitFor();
    assert.match((await alert.textContent()) ?? '', /\w+ \w+ \w+/);
    await editor.picture('not-a-model');
    await editor.upload(fileOf(buildModel(addModel(7))), { name: 'zip' });
    await editor.page.getByText('zip v1 is stored and deployed.').waitFor();
  });

  it('refuses a name in words before anything is sent', async () => {
    await editor.button('New').click();
    const form = editor.page.locator('.mm-upload');
    await form.locator('input[type=file]').setInputFiles(fileOf(buildModel(addModel(1)), '../…/Über Modell.onnx'));
    assert.equal(await form.getByLabel('Model', { exact: true }).inputValue(), 'Uber-Modell');
    await form.getByLabel('Model', { exact: true }).fill('no spaces?');
    await editor.page.getByText('A name starts with a letter or digit').waitFor();
    assert.equal(await editor.button('Upload').isDisabled(), true);
  });

  it('offers to store the same file again when it already is a version', async () => {
    await open('Twice');
    await editor.button('New version').click();
    await editor.upload(fileOf(buildModel(addModel(1))));
    await editor.button('Store it again as a new version').click();
    await editor.page.getByText(/Twice v\d+ is stored. It is not in service yet./).waitFor();
  });

  it('shows the differences of another signature and deploys only when told twice', async () => {
    await open('used');
    await editor.button('Deploy version 2').click();
    await editor.button('Deploy v2').click();
    await editor.page.getByText('v2 has other inputs or outputs.').waitFor();
    assert.match((await editor.page.getByRole('alertdialog').textContent()) ?? '', /float64/);
    await editor.picture('signature-changed');
    await editor.button('Deploy v2 anyway').click();
    await editor.page.getByText('deployed v2 · latest v2').waitFor();
  });

  it('names the users of a model before it is deleted, hostile names as text', async () => {
    await open('used');
    await editor.button('show').click();
    await editor.page.locator('.mm-usage').getByText(HOSTILE).first().waitFor();
    await editor.button('Delete…').click();
    await editor.button('Delete used').click();
    await editor.page.getByText('used is in use.').waitFor();
    await editor.picture('in-use');
    assert.equal(await editor.page.locator('.mm-tray img, .mm-tray b').count(), 0);
    assert.equal(await editor.page.evaluate(() => 'hacked' in window), false);
    await editor.page.keyboard.press('Escape');
    await editor.page.getByText('used is in use.').waitFor({ state: 'detached' });
    assert.equal((await nodeRed.api('GET', 'models/used')).status, 200);
  });

  it('runs a payload through a version, and shows its error as the node would give it', async () => {
    await open('Twice');
    await editor.button('Try it').click();
    await editor.button('Run').click();
    const result = editor.page.getByLabel('Result');
    await result.waitFor();
    assert.deepEqual(JSON.parse((await result.textContent()) ?? ''), [[1, 1, 1, 1]]);
    await editor.picture('tried');
    await editor.pasteCode(editor.page.locator('.mm-try'), '"text"');
    await editor.button('Run').click();
    const alert = editor.page.locator('.mm-error');
    await alert.waitFor();
    await editor.picture('tried-badly');
    assert.match((await alert.textContent()) ?? '', /float32/);
  });

  it('follows changes made elsewhere, and hostile descriptions stay text', async () => {
    await store(nodeRed, 'elsewhere', addModel(3));
    await panel.getByRole('button', { name: /elsewhere/ }).waitFor();
    await nodeRed.api('PATCH', 'models/elsewhere', { description: HOSTILE });
    await open('elsewhere');
    await editor.page.locator('.mm-detail').getByText(HOSTILE).waitFor();
    assert.equal(await editor.page.evaluate(() => 'hacked' in window), false);
  });

  it('finds by any word and says when nothing matches', async () => {
    const search = panel.getByRole('searchbox');
    await search.fill('TWI');
    await panel.getByRole('button', { name: /Twice/ }).waitFor();
    assert.equal(await panel.locator('.mm-row').count(), 1);
    await search.fill('<img src=y>');
    await panel.getByText('No model matches').waitFor();
    assert.equal(await panel.locator('img').count(), 0);
  });
});

describe('the models tab without the right to change', function () {
  this.timeout(120_000);

  it('shows models but no button that would change one', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    await using nodeRed = await NodeRed.start({ settings: userSettings });
    const writer = await tokenOf(nodeRed, 'writer');
    const stored = await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(addModel(1)), {
      authorization: `Bearer ${writer}`,
    });
    assert.equal(stored.status, 201, stored.text);
    await using editor = await Editor.open(nodeRed, { token: await tokenOf(nodeRed, 'reader') });
    const panel = await editor.showModels();
    await panel.getByRole('button', { name: /iris/ }).click();
    await editor.button('Try it').waitFor();
    for (const name of ['New', 'New version', 'Delete…', 'Create inference pipeline']) {
      assert.equal(await editor.button(name).count(), 0, name);
    }
    const actions = await editor.page.evaluate(() =>
      (globalThis as unknown as ActionList).RED.actions.list().map(({ id }) => id),
    );
    assert.ok(actions.includes('model-management:show'));
    assert.ok(!actions.includes('model-management:import-from-clearblade'));
    assert.equal(await editor.page.getByText('Anyone who can reach this editor').count(), 0);
    await editor.picture('reader');
    assert.deepEqual(editor.complaints, []);
  });
});
