import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { type FlowNode, NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { LibraryTray } from './library-tray';

const HOSTILE = '<img src=x onerror="window.hacked=1">';

/** POST /ask → pipelib → its answer; what fails answers with its code. */
const flows: readonly FlowNode[] = [
  { id: 'other', type: 'tab', label: 'In sight at first' },
  { id: 'tab', type: 'tab', label: 'Line 3' },
  { id: 'ask', type: 'http in', z: 'tab', url: '/ask', method: 'post', x: 100, y: 100, wires: [['lib']] },
  { id: 'lib', type: 'pipelib', z: 'tab', name: HOSTILE, library: 'pipelib_live', x: 300, y: 100, wires: [['answer']] },
  { id: 'answer', type: 'http response', z: 'tab', name: '', x: 500, y: 100, wires: [] },
  { id: 'catch', type: 'catch', z: 'tab', scope: ['lib'], x: 300, y: 200, wires: [['say']] },
  {
    id: 'say',
    type: 'function',
    z: 'tab',
    func: 'msg.payload = { failed: msg.error.code ?? msg.error.source.code }; return msg;',
    outputs: 1,
    x: 450,
    y: 200,
    wires: [['answer']],
  },
];

describe('a library at work in a flow', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;
  let tray: LibraryTray;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ flows });
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showLibraries();
    tray = new LibraryTray(editor);
  });
  closeAfterEach(() => editor);

  const ask = async (value: number): Promise<unknown> => (await nodeRed.request('POST', 'ask', { value })).body;

  it('is written, answers, is changed live, and survives a text that does not compile', async () => {
    assert.deepEqual(await ask(1), { failed: 'LIBRARY_NOT_FOUND' });
    await panel.getByRole('button', { name: 'New' }).click();
    await panel.getByLabel('Name, after pipelib_').fill('live');
    await editor.button('Write it').click();
    await tray.code.locator('.monaco-editor').waitFor();
    await tray.replaceSource('module.exports = (x) => ({ plus: x.value + 1 });');
    await tray.run('{"value": 1}');
    assert.deepEqual(await tray.result(), { plus: 2 });
    assert.deepEqual(await ask(1), { failed: 'LIBRARY_NOT_FOUND' }, 'a test is no deployment');
    await tray.save();
    await tray.untilSaved();
    await waitFor(async () => JSON.stringify(await ask(1)) === '{"plus":2}', { what: 'the first answer' });

    await tray.replaceSource('module.exports = (x) => ({ plus: x.value + 10 });');
    await tray.save();
    await tray.element.getByText('rev. 2').first().waitFor();
    assert.deepEqual(await ask(1), { plus: 11 });

    await tray.replaceSource('module.exports = (x) => ({ plus: x.value + });');
    await tray.save();
    await tray.element.getByRole('button', { name: 'Go to line 1' }).waitFor();
    assert.deepEqual(await ask(2), { plus: 12 }, 'the old one keeps running');

    await editor.button('Undo the changes').click();
    await editor.button('Restore revision 1').click();
    await editor.page.getByRole('alertdialog').getByRole('button', { name: 'Restore revision 1' }).click();
    await tray.element.getByText('rev. 3').first().waitFor();
    assert.deepEqual(await ask(2), { plus: 3 });
    await editor.picture('library-live');
  });

  it('names its users, leads to them, and is deleted only when told twice', async () => {
    await panel.getByRole('button', { name: /pipelib_live[\s\S]*used by 1 node/ }).waitFor();
    await tray.open(panel, 'pipelib_live');
    await editor.button('show').click();
    const user = tray.element.locator('.mm-usage').getByRole('button', { name: HOSTILE });
    await user.waitFor();
    await editor.picture('library-used');
    const node = editor.page.locator('g.red-ui-flow-node#lib');
    assert.equal(await node.count(), 0, 'its tab is not in sight');
    await user.click();
    await tray.element.waitFor({ state: 'detached' });
    await node.waitFor();

    await tray.open(panel, 'pipelib_live');
    await editor.button('Delete…').click();
    await editor.button('Delete pipelib_live').click();
    await editor.page.getByText('pipelib_live is in use.').waitFor();
    assert.equal(await editor.page.locator('.mm-tray img').count(), 0);
    assert.deepEqual(await ask(2), { plus: 3 });
    await editor.picture('library-in-use');
    await editor.button('Delete it anyway').click();
    await tray.element.waitFor({ state: 'detached' });
    assert.deepEqual(await ask(2), { failed: 'LIBRARY_NOT_FOUND' });
    await panel.getByRole('button', { name: /pipelib_live/ }).waitFor({ state: 'detached' });
  });
});
