import assert from 'node:assert/strict';
import { type FlowNode, NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { assertAccessible } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { LibraryTray } from './library-tray';

const base = { type: 'pipelib', z: 'tab', wires: [[]] };

/** Stored forms a dialog has to leave alone: next to nothing, everything, and things it does not know. */
const flows: readonly FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Dialogs', disabled: false, info: '', env: [] },
  { ...base, id: 'bare', library: 'pipelib_merge', x: 100, y: 60 },
  {
    ...base,
    id: 'full',
    name: 'all set',
    configVersion: 1,
    library: 'pipelib_own',
    timeoutMs: 250,
    parentIds: ['bare'],
    join: {
      mode: 'all',
      key: 'property',
      property: 'payload.id',
      parentKeys: 'name',
      parents: [{ policy: 'latest', key: 'k', initial: [1] }],
      timeoutMs: 1,
      optionalWaitMs: 2,
      maxWaiting: 3,
      keepParents: true,
    },
    x: 100,
    y: 120,
  },
  { ...base, id: 'unknown', name: '', library: 'pipelib_gone', x: 100, y: 180 },
  { ...base, id: 'environment', name: '', library: '${LIBRARY}', x: 100, y: 240 },
  { ...base, id: 'new', name: '', library: 'pipelib_own', x: 100, y: 300 },
];

describe('the dialog of pipelib', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let tray: LibraryTray;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ flows });
    const answer = await nodeRed.api('PUT', 'libraries/pipelib_own', {
      source: 'module.exports = (x) => x;\n',
      description: 'gives back what it gets',
    });
    assert.equal(answer.status, 200, answer.text);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    tray = new LibraryTray(editor);
  });
  closeAfterEach(() => editor);

  const saved = async (id: string) => (await editor.nodes()).find((node) => node.id === id);

  it('opened and closed unchanged stores an unchanged configuration', async () => {
    for (const { id, type } of flows) {
      if (type !== 'pipelib') continue;
      const dialog = await editor.editNode(id);
      // What arrives later must not change anything either.
      await dialog.locator('option').nth(8).waitFor({ state: 'attached' });
      await editor.picture(`pipelib-${id}`);
      await editor.saveNode();
      assert.equal(await editor.isDirty(), false, `${id} counts as changed`);
    }
    const byId = (nodes: readonly { readonly id: string }[]) => [...nodes].sort((a, b) => a.id.localeCompare(b.id));
    assert.deepEqual(byId(await editor.nodes()), byId(flows));
  });

  it('stores what was changed, and nothing else', async () => {
    const dialog = await editor.editNode('new');
    await dialog.getByText('gives back what it gets', { exact: true }).waitFor();
    await dialog.getByLabel('Name').fill('highest');
    await dialog.getByLabel('Library', { exact: true }).selectOption('pipelib_argmax');
    await dialog.getByText('Tells where the greatest number stands').last().waitFor();
    await dialog.getByLabel('Time limit').fill('750');
    await editor.saveNode();
    assert.deepEqual(await saved('new'), {
      ...flows.find(({ id }) => id === 'new'),
      // The editor keeps the left edge of a node in place when its label grows.
      x: (await saved('new'))?.['x'],
      name: 'highest',
      library: 'pipelib_argmax',
      timeoutMs: 750,
    });
  });

  it('opens the source over itself, and is as it was when that closes', async () => {
    const dialog = await editor.editNode('new');
    await dialog.getByLabel('Name').fill('typed before');
    await editor.button('Edit source…').click();
    await tray.code.locator('.monaco-editor').waitFor();
    await editor.picture('pipelib-source');
    await tray.replaceSource('module.exports = (x) => [x];');
    await tray.save();
    await tray.untilSaved();
    await tray.close();
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'typed before');
    await editor.saveNode();
    assert.equal((await saved('new'))?.['name'], 'typed before');
    assert.equal((await saved('new'))?.['library'], 'pipelib_own');
    const { body } = await nodeRed.api<{ source: string }>('GET', 'libraries/pipelib_own');
    assert.match(body.source, /\[x\]/);
  });

  it('takes the library that was written from within it', async () => {
    const dialog = await editor.editNode('new');
    await editor.button('New library…').click();
    await dialog.getByLabel('Name, after pipelib_').fill('fresh');
    await editor.picture('pipelib-new');
    await dialog.getByRole('button', { name: 'Write it' }).click();
    await tray.code.locator('.monaco-editor').waitFor();
    await tray.save();
    await tray.untilSaved();
    await tray.close();
    assert.equal(await dialog.getByLabel('Library', { exact: true }).inputValue(), 'pipelib_fresh');
    await editor.saveNode();
    assert.equal((await saved('new'))?.['library'], 'pipelib_fresh');
  });

  it('keeps the name of a library that is not there, offers to make it, and hears when it is', async () => {
    const dialog = await editor.editNode('unknown');
    await dialog.getByText('There is no library pipelib_gone yet.').waitFor();
    await dialog.getByRole('button', { name: 'Write it…' }).click();
    assert.equal(await dialog.getByLabel('Name, after pipelib_').inputValue(), 'gone');
    await dialog.getByRole('button', { name: 'Write it', exact: true }).click();
    await tray.code.locator('.monaco-editor').waitFor();
    await tray.save();
    await tray.untilSaved();
    await tray.close();
    await dialog.getByText('There is no library pipelib_gone yet.').waitFor({ state: 'detached' });
    await editor.saveNode();
    assert.equal(await editor.isDirty(), false, 'the name was there before');
  });

  it('shows a library that comes with the package without letting it be changed', async () => {
    await editor.editNode('bare');
    await editor.button('Look at source…').click();
    await tray.element.getByText('Built in: it comes with the package').waitFor();
    await tray.close();
    await editor.saveNode();
  });

  it('holds for axe, also with the form for a new library', async () => {
    await editor.editNode('full');
    await editor.button('New library…').click();
    await editor.button('Write it').waitFor();
    await assertAccessible(editor.page, 'dialog');
    await editor.saveNode();
  });

  for (const [language, word, help] of [
    ['de', 'Bibliothek', 'Wie man eine Bibliothek schreibt'],
    ['fr', 'Bibliothèque', "Comment s'écrit une bibliothèque"],
    ['en-US', 'Library', 'How a library is written'],
  ] as const) {
    it(`speaks ${language}, help included`, async () => {
      await using other = await Editor.open(nodeRed, { language });
      const dialog = await other.editNode('full');
      await dialog.getByText(word).first().waitFor();
      const answer = await nodeRed.request('GET', 'nodes', undefined, {
        accept: 'text/html',
        'accept-language': language,
      });
      assert.ok(answer.text.includes(help), help);
      await other.picture(`pipelib-${language}`);
      assert.deepEqual(other.complaints, []);
    });
  }
});
