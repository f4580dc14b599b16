import assert from 'node:assert/strict';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';
import { LibraryTray } from './library-tray';
import { tokenOf, userSettings } from './users';

describe('the libraries tab where users log in', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ settings: userSettings });
    await store('anna', 'module.exports = () => 1;\n');
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  async function store(user: string, source: string): Promise<void> {
    const authorization = `Bearer ${await tokenOf(nodeRed, user)}`;
    const answer = await nodeRed.api('PUT', 'libraries/pipelib_ours', { source }, { authorization });
    assert.equal(answer.status, 200, answer.text);
  }

  it('shows libraries to a reader, but nothing that would change or run one', async () => {
    await using editor = await Editor.open(nodeRed, { token: await tokenOf(nodeRed, 'reader') });
    const panel = await editor.showLibraries();
    assert.equal(await editor.button('New').count(), 0);
    const tray = new LibraryTray(editor);
    await tray.open(panel, 'pipelib_ours');
    await tray.element.getByText('You may read libraries, but not change or test them.').waitFor();
    await tray.element.getByText('anna').first().waitFor();
    for (const name of ['Save', 'Undo the changes', 'Run', 'Delete…', 'Copy as new…', 'Restore revision 1']) {
      assert.equal(await editor.button(name).count(), 0, name);
    }
    await tray.code.locator('.mm-code').click();
    await editor.page.keyboard.type('x');
    assert.equal(await tray.source(), 'module.exports=()=>1;');
    await editor.button('Compare revision 1').click();
    await tray.element.getByText('no difference').waitFor();
    await editor.picture('library-reader');
    await tray.close();
    assert.deepEqual(editor.complaints, []);
  });

  it('says who stored what meanwhile', async () => {
    await using editor = await Editor.open(nodeRed, { token: await tokenOf(nodeRed, 'berta') });
    const panel = await editor.showLibraries();
    const tray = new LibraryTray(editor);
    await tray.open(panel, 'pipelib_ours');
    await tray.replaceSource('module.exports = () => 2;');
    await store('anna', 'module.exports = () => 3;\n');
    await tray.element.getByText('Revision 2 was stored by anna (').waitFor();
    await editor.button('Save mine as revision 3').click();
    await tray.untilSaved();
    await tray.element
      .getByText(/rev\. 3 · .* · berta/)
      .first()
      .waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});
