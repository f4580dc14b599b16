import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { LibraryTray } from './library-tray';

const first = 'module.exports = () => "first";\n';

describe('a library that several people change', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;
  let tray: LibraryTray;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await store('pipelib_shared', first);
    editor = await Editor.open(nodeRed);
    panel = await editor.showLibraries();
    tray = new LibraryTray(editor);
    await tray.open(panel, 'pipelib_shared');
  });
  closeAfterEach(() => editor);

  /** As another user would. */
  async function store(name: string, source: string): Promise<number> {
    const answer = await nodeRed.api<{ revision: number }>('PUT', `libraries/${name}`, { source, description: '' });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.revision;
  }

  const stored = async (): Promise<string> =>
    (await nodeRed.api<{ source: string }>('GET', 'libraries/pipelib_shared')).body.source;

  it('takes over what somebody else stored while nothing is typed, and says so', async () => {
    const revision = await store('pipelib_shared', 'module.exports = () => "theirs";\n');
    await tray.element.getByText(`Revision ${revision}, stored by somebody else, was taken over.`).waitFor();
    await waitFor(async () => (await tray.source()).includes('theirs'), { what: 'their text in the editor' });
    await tray.close();
  });

  it('leaves what is typed alone, shows the difference, and saves over theirs only when told so', async () => {
    await tray.replaceSource('module.exports = () => "mine";');
    const revision = await store('pipelib_shared', 'module.exports = () => "theirs";\n');
    await tray.element.getByText(`Revision ${revision} was stored by somebody else (`).waitFor();
    assert.match(await tray.source(), /mine/);
    assert.equal(await editor.button('Save').isDisabled(), true);
    await editor.button('Look at the difference').click();
    const difference = tray.element.getByRole('region', { name: `rev. ${revision} → your text` });
    await difference.getByText('"theirs"').waitFor();
    await difference.getByText('"mine"').waitFor();
    await editor.picture('library-conflict');
    await editor.button(`Save mine as revision ${revision + 1}`).click();
    await tray.untilSaved();
    assert.match(await stored(), /mine/);
    assert.equal(await tray.element.getByText('was stored by').count(), 0);
  });

  it('has no conflict with itself when it is saved twice at once', async () => {
    let answerNow = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answerNow = resolve;
    });
    let savingCount = 0;
    await editor.page.route('**/model-management/libraries/pipelib_shared', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      savingCount++;
      const answer = await route.fetch();
      await held;
      return route.fulfill({ response: answer });
    });
    await tray.replaceSource('module.exports = () => "twice";');
    await tray.element.getByText('not saved', { exact: true }).waitFor();
    await editor.page.keyboard.press('ControlOrMeta+s');
    await waitFor(async () => (await stored()).includes('twice'), { what: 'the first saving' });
    await tray.element.getByText('saved', { exact: true }).waitFor();
    await editor.page.keyboard.press('ControlOrMeta+s');
    await tray.element.getByLabel('Description').fill('more');
    await tray.code.locator('.mm-code').click();
    await editor.page.keyboard.press('ControlOrMeta+s');
    answerNow();
    await waitFor(async () => !(await editor.button('Save').isDisabled()), { what: 'the end of the first saving' });
    assert.equal(savingCount, 1, 'nothing is sent while a saving is under way');
    assert.equal(await tray.element.getByText('was stored by').count(), 0);
    await tray.save();
    await tray.untilSaved();
    await tray.close();
  });

  it('knows its own text when the saving was given up after it had been stored', async () => {
    await editor.page.route('**/model-management/libraries/pipelib_shared', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      await route.fetch();
      return route.abort();
    });
    await tray.replaceSource('module.exports = () => "lost answer";');
    await tray.save();
    await tray.untilSaved();
    assert.match(await stored(), /lost answer/);
    assert.equal(await tray.element.getByText('was stored by').count(), 0);
  });

  it('takes theirs when that is chosen', async () => {
    await tray.replaceSource('module.exports = () => "mine";');
    const revision = await store('pipelib_shared', 'module.exports = () => "theirs";\n');
    await editor.button(`Take revision ${revision}`).click();
    await waitFor(async () => (await tray.source()).includes('theirs'), { what: 'their text in the editor' });
    await tray.untilSaved();
    await tray.close();
  });

  it('refuses to save over a revision that it has not heard of, and then shows it', async () => {
    // What the server tells of changes does not get through, as on a bad line.
    await editor.page.route('**/model-management/libraries/pipelib_shared', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.continue(),
    );
    await tray.replaceSource('module.exports = () => "mine";');
    const revision = await store('pipelib_shared', 'module.exports = () => "theirs";\n');
    const refused = editor.page.waitForResponse((answer) => answer.status() === 409);
    await tray.save();
    await refused;
    assert.match(await stored(), /theirs/);
    await editor.page.unrouteAll();
    await nodeRed.api('PUT', 'libraries/pipelib_elsewhere', { source: first });
    await tray.element.getByText(`Revision ${revision} was stored by somebody else (`).waitFor();
    assert.match(await tray.source(), /mine/);
  });

  it('keeps the text of a library that somebody deleted, and makes it again', async () => {
    await tray.replaceSource('module.exports = () => "mine";');
    assert.equal((await nodeRed.api('DELETE', 'libraries/pipelib_shared')).status, 204);
    await tray.element.getByText('This library was deleted.').waitFor();
    assert.match(await tray.source(), /mine/);
    await tray.save();
    await tray.untilSaved();
    assert.match(await stored(), /mine/);
  });

  it('asks before unsaved changes go, and lets go of saved ones', async () => {
    await tray.replaceSource('module.exports = () => "mine";');
    await editor.button('Close').click();
    const question = editor.page.getByRole('alertdialog');
    await question.getByText('pipelib_shared has changes that are not saved.').waitFor();
    await editor.picture('library-leave');
    await editor.page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    assert.match(await tray.source(), /mine/);
    await tray.code.locator('.mm-code').click();
    await editor.page.keyboard.press('ControlOrMeta+s');
    await tray.untilSaved();
    await tray.close();
    assert.match(await stored(), /mine/);

    await tray.open(panel, 'pipelib_shared');
    await tray.element.getByLabel('Description').fill('why it is there');
    await editor.button('Close').click();
    await question.getByRole('button', { name: 'Close without saving' }).click();
    await tray.element.waitFor({ state: 'detached' });
    const { body } = await nodeRed.api<{ description: string }>('GET', 'libraries/pipelib_shared');
    assert.equal(body.description, '');
  });
});
