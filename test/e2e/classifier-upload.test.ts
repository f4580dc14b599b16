import assert from 'node:assert/strict';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { exportedModel } from '../support/zip-map-models';
import { chromiumPath, Editor } from './editor';

describe('a classifier with a ZipMap in the models tab', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('is stored, and the upload says what was changed and which classes it knows', async () => {
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    await editor.showModels();
    await editor.button('New').click();
    const buffer = await exportedModel('logistic-text');
    await editor.upload({ name: 'iris.onnx', mimeType: 'application/octet-stream', buffer }, { name: 'iris' });
    await page.getByText('iris v1 is stored and deployed.').waitFor();
    const stored = page.locator('.mm-stored');
    await stored.getByText('Labels: setosa, versicolor, virginica').waitFor();
    await stored.getByText(/Changed at upload: ZipMap removed\. .*output_probability.*probabilities/).waitFor();
    assert.equal(await stored.getByText('output_probability').count(), 1, 'only the words on the change name it');
    await editor.picture('zipmap-stored');
    assert.deepEqual(editor.complaints, []);
  });

  it('of a table is tried with one value per column', async () => {
    const answer = await nodeRed.api('POST', 'models/table/versions?create=true', await exportedModel('columns'));
    assert.equal(answer.status, 201, answer.text);
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    const panel = await editor.showModels();
    await panel.getByRole('button', { name: /table/ }).click();
    await editor.button('Try it').click();
    const attempt = page.locator('.mm-try');
    await attempt.getByText('"speed": 0').waitFor();
    await editor.picture('zipmap-try');
    assert.deepEqual(editor.complaints, []);
  });

  for (const { language, words, labels } of [
    { language: 'de', words: /Beim Hochladen geändert: ZipMap entfernt/, labels: /setosa, versicolor, virginica/ },
    { language: 'fr', words: /Modifié à l'envoi : ZipMap retiré/, labels: /setosa, versicolor, virginica/ },
  ]) {
    it(`says so beside the signature, also in ${language}`, async () => {
      const bytes = await exportedModel('logistic-text');
      const answer = await nodeRed.api('POST', `models/iris-${language}/versions?create=true`, bytes);
      assert.equal(answer.status, 201, answer.text);
      await using editor = await Editor.open(nodeRed, { language });
      const panel = await editor.showModels();
      await panel.getByRole('button', { name: new RegExp(`iris-${language}`) }).click();
      await editor.page.getByText(words).waitFor();
      await editor.page.getByText(labels).waitFor();
      await editor.picture(`zipmap-${language}`);
      assert.deepEqual(editor.complaints, []);
    });
  }
});
