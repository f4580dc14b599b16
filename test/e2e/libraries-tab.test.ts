import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { LibraryTray, textOf } from './library-tray';

const HOSTILE = '<img src=x onerror="window.hacked=1"><b>bold</b>';

interface StoredLibrary {
  readonly revision: number;
  readonly source: string;
  readonly description: string;
}

describe('the libraries tab', function () {
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
    editor = await Editor.open(nodeRed);
    panel = await editor.showLibraries();
    tray = new LibraryTray(editor);
  });
  closeAfterEach(() => editor);

  async function store(name: string, source: string, description = ''): Promise<void> {
    const answer = await nodeRed.api('PUT', `libraries/${name}`, { source, description });
    assert.equal(answer.status, 200, answer.text);
  }

  const read = async (name: string): Promise<StoredLibrary> =>
    (await nodeRed.api<StoredLibrary>('GET', `libraries/${name}`)).body;

  it('takes a library from the template over a test to a stored revision', async () => {
    await panel.getByText('No library of your own yet').waitFor();
    await panel.getByRole('button', { name: 'New' }).click();
    const name = panel.getByLabel('Name, after pipelib_');
    await name.fill('no spaces?');
    await panel.getByText('A name holds only letters, digits and underscores.').waitFor();
    assert.equal(await editor.button('Write it').isDisabled(), true);
    await name.fill('merge');
    await panel.getByText('There already is a library pipelib_merge.').waitFor();
    await name.fill('pipelib_double');
    assert.equal(await name.inputValue(), 'double', 'the prefix is not typed twice');
    await editor.picture('library-new');
    await editor.button('Write it').click();
    await tray.code.getByText('What this library does').waitFor();
    assert.equal((await nodeRed.api('GET', 'libraries/pipelib_double')).status, 404, 'nothing is stored yet');

    await tray.replaceSource('module.exports = (x) => { console.warn("got", x); return x.map((one) => one * 2); };');
    await tray.run('[1, 2]');
    assert.deepEqual(await tray.result(), [2, 4]);
    assert.match(await textOf(tray.test.getByRole('list', { name: 'Console' })), /warn\s*got \[ 1, 2 \]/);
    assert.match(await textOf(tray.test), /[\d.]+ ms/);
    await editor.picture('library-tested');

    await tray.element.getByLabel('Description').fill(HOSTILE);
    await tray.save();
    await tray.untilSaved();
    await panel.getByRole('button', { name: /pipelib_double\s*rev\. 1 · (now|\d+ seconds? ago) · not used/ }).waitFor();
    const stored = await read('pipelib_double');
    assert.deepEqual([stored.revision, stored.description], [1, HOSTILE]);
    assert.equal(await editor.page.locator('.mm-tray img, .mm-sidebar img').count(), 0);
    await tray.close();
  });

  it('begins with the form of the original when that is chosen', async () => {
    await panel.getByRole('button', { name: 'New' }).click();
    await panel.getByLabel('Name, after pipelib_').fill('maker');
    await panel.getByLabel('Form').selectOption('constructor');
    await panel.getByLabel('Name, after pipelib_').press('Enter');
    await tray.code.getByText('function').first().waitFor();
    await tray.run('{"a": 1}');
    assert.deepEqual(await tray.result(), { a: 1 });
    await tray.save();
    await tray.untilSaved();
    assert.match((await read('pipelib_maker')).source, /function pipelib_maker\(\)/);
  });

  it('says where a source is wrong, leads to the line, and leaves the revision before as it was', async () => {
    await store('pipelib_sum', 'module.exports = (x) => x + 1;\n');
    await tray.open(panel, 'pipelib_sum');
    await tray.replaceSource('// one\n// two\nmodule.exports = (x) => x + ;\n// four');
    await tray.save();
    const fault = tray.element.getByRole('region', { name: 'Source' }).getByRole('alert');
    await fault.getByText('Line 3:').waitFor();
    await editor.picture('library-broken');
    await fault.getByRole('button', { name: 'Go to line 3' }).click();
    await editor.page.keyboard.press('End');
    await editor.page.keyboard.press('ArrowLeft');
    await editor.page.keyboard.type('2');
    await tray.save();
    await tray.untilSaved();
    assert.equal(await fault.count(), 0);
    assert.match((await read('pipelib_sum')).source, /x \+ 2;/);
    assert.equal((await read('pipelib_sum')).revision, 2, 'the refused text made no revision');
  });

  it('shows what a test throws, with its line, and what it wrote before', async () => {
    await store(
      'pipelib_thrower',
      'module.exports = (x) => {\n  console.error("first");\n  throw new TypeError("no " + x);\n};\n',
    );
    await tray.open(panel, 'pipelib_thrower');
    await tray.run('"more"');
    await tray.test.getByRole('alert').getByText('no more').waitFor();
    assert.match(await textOf(tray.test.getByRole('list', { name: 'Console' })), /error\s*first/);
    await tray.test.getByRole('button', { name: 'Go to line 3' }).click();
    await editor.page.keyboard.press('Home');
    await editor.page.keyboard.type('// ');
    await editor.button('Run').click();
    await tray.test.getByText('exec gave nothing back.').waitFor();
    await tray.run('{');
    await tray.test.getByText('What stands there is not JSON.').waitFor();
    await editor.button('Undo the changes').click();
    await waitFor(async () => !(await tray.source()).includes('//'), { what: 'the text without the comment' });
  });

  it('gives the message beside the input to a built-in library, which cannot be changed but copied', async () => {
    await tray.open(panel, 'pipelib_labels');
    await tray.element.getByText('Built in: it comes with the package').waitFor();
    assert.equal(await editor.button('Save').count(), 0);
    await tray.code.locator('.monaco-editor').click();
    await editor.page.keyboard.type('x');
    assert.doesNotMatch(await tray.source(), /^x/);
    await tray.element.getByText('Message beside it').click();
    await editor.pasteCode(
      tray.element.getByRole('group', { name: 'Message beside it (context.msg)' }),
      '{"labels": ["no", "yes"]}',
    );
    await tray.run('[1, 0]');
    assert.deepEqual(await tray.result(), ['yes', 'no']);
    await editor.picture('library-built-in');
    await editor.button('Copy as new…').click();
    assert.equal(await tray.element.getByLabel('Name, after pipelib_').inputValue(), 'labels_copy');
    await editor.button('Write it').click();
    await tray.element.getByRole('heading', { name: 'pipelib_labels_copy' }).waitFor();
    await editor.button('Close').click();
    await editor.page.getByRole('alertdialog').getByText('changes that are not saved').waitFor();
    await editor.page.keyboard.press('Escape');
    await tray.save();
    await tray.untilSaved();
    assert.equal((await read('pipelib_labels_copy')).source, (await read('pipelib_labels')).source);
  });

  it('compares revisions and goes back to one, which is undone the same way', async () => {
    for (const value of [1, 2, 3])
      await store('pipelib_versions', `// a\n// b\nmodule.exports = () => ${value};\n`, `gives ${value}`);
    await tray.open(panel, 'pipelib_versions');
    await editor.button('Compare revision 1').click();
    const difference = tray.element.getByRole('region', { name: 'rev. 1 → your text' });
    await difference.getByText('module.exports = () => 3;').waitFor();
    await tray.element.getByText('1 line added, 1 line removed').waitFor();
    assert.equal(await difference.getByRole('img', { name: 'removed' }).count(), 1);
    assert.equal(await difference.getByRole('img', { name: 'added' }).count(), 1);
    await editor.picture('library-diff-wide');
    await editor.button('Compare revision 2').click();
    await tray.element.getByLabel('Compare with').selectOption({ label: 'revision 1 before it' });
    await tray.element.getByRole('region', { name: 'rev. 1 → rev. 2' }).waitFor();

    await editor.button('Restore revision 1').click();
    await editor.page.getByRole('alertdialog').getByRole('button', { name: 'Restore revision 1' }).click();
    await tray.element.getByText('rev. 4').first().waitFor();
    await waitFor(async () => (await tray.source()).includes('1'), { what: 'the restored text in the editor' });
    assert.deepEqual(
      [(await read('pipelib_versions')).source, (await read('pipelib_versions')).description],
      ['// a\n// b\nmodule.exports = () => 1;\n', 'gives 1'],
    );
    await editor.button('Restore revision 3').click();
    await editor.page.getByRole('alertdialog').getByRole('button', { name: 'Restore revision 3' }).click();
    await tray.element.getByText('rev. 5').first().waitFor();
    assert.equal((await read('pipelib_versions')).source, '// a\n// b\nmodule.exports = () => 3;\n');
  });
});
