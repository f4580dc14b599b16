import assert from 'node:assert/strict';
import { type FlowNode, NodeRed } from '../support/node-red';
import { buildModel, twoInputModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';

const at = { z: 'tab', x: 100, y: 60 };
const func = (id: string, name: string, text: string, to: readonly string[], more: object = {}): FlowNode => ({
  ...at,
  id,
  type: 'function',
  name,
  func: text,
  outputs: 1,
  timeout: 0,
  noerr: 0,
  initialize: '',
  finalize: '',
  libs: [],
  wires: [to],
  ...more,
});
const joining = {
  ...at,
  type: 'onnx-model',
  name: '',
  configVersion: 1,
  model: 'two',
  result: { mode: 'all', names: [] },
};
const inject = (id: string, name: string, to: readonly string[]): FlowNode => ({
  ...at,
  id,
  type: 'inject',
  name,
  props: [{ p: 'payload' }],
  repeat: '',
  crontab: '',
  once: false,
  onceDelay: 0.1,
  topic: '',
  payload: '',
  payloadType: 'date',
  wires: [to],
});

/** One source, two ways, joined; a node that keeps what the join gave under its own id. */
const kept = 'global.set("kept", { ...(global.get("kept") ?? {}), [node.id]: msg.payload }); return null;';
const joinTab: readonly FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Joins', disabled: false, info: '', env: [] },
  inject('start', 'start', ['left', 'right']),
  func('left', 'a', 'msg.payload = [1, 2]; return msg;', ['cross']),
  { ...at, id: 'cross', type: 'junction', wires: [['bare', 'full', 'lib']] },
  func('right', 'b', 'msg.payload = [10, 20]; return msg;', ['bare', 'full', 'lib', 'single']),
  func('stranger', 'level', 'return msg;', ['full']),
  {
    ...joining,
    id: 'bare',
    join: { parentKeys: 'name' },
    wires: [['keep-bare']],
  },
  {
    ...joining,
    id: 'full',
    inputMap: [
      { input: 'a', value: '1', valueType: 'parent' },
      { input: 'b', value: '0', valueType: 'parent' },
    ],
    parentIds: ['right', 'left', 'gone', 'stranger'],
    join: {
      mode: 'all',
      key: 'msgid',
      property: '',
      parentKeys: 'id',
      parents: [
        { policy: 'each', key: 'rechts' },
        { policy: 'each' },
        { policy: 'next' },
        { policy: 'latest', initial: [5] },
      ],
      timeoutMs: 5_000,
      optionalWaitMs: 7,
      maxWaiting: 9,
      keepParents: true,
    },
    wires: [['keep-full']],
  },
  {
    ...at,
    id: 'lib',
    type: 'pipelib',
    name: '',
    library: 'pipelib_merge',
    join: { parentKeys: 'name' },
    wires: [['keep-lib']],
  },
  func('keep-lib', 'keep lib', kept, []),
  func('keep-bare', 'keep bare', kept, []),
  func('keep-full', 'keep full', kept, []),
  { ...joining, id: 'free', wires: [[]] },
  { ...joining, id: 'single', parentIds: ['right', 'gone'], wires: [[]] },
];
const readTab: readonly FlowNode[] = [
  { id: 'read', type: 'tab', label: 'Read', disabled: false, info: '', env: [] },
  {
    id: 'get',
    type: 'http in',
    z: 'read',
    name: '',
    url: '/kept',
    method: 'get',
    upload: false,
    skipBodyParsing: false,
    swaggerDoc: '',
    x: 100,
    y: 60,
    wires: [['answer']],
  },
  func('answer', '', 'msg.payload = global.get("kept") ?? {}; return msg;', ['response'], { z: 'read' }),
  {
    id: 'response',
    type: 'http response',
    z: 'read',
    name: '',
    statusCode: '200',
    headers: {},
    x: 100,
    y: 60,
    wires: [],
  },
];
const flows = [...joinTab, ...readTab];

describe('the join in the dialog of a node', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ flows });
    const answer = await nodeRed.api('POST', 'models/two/versions?create=true', buildModel(twoInputModel()));
    assert.equal(answer.status, 201, answer.text);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
  });
  closeAfterEach(() => editor);

  const join = () => editor.page.getByRole('group', { name: 'How the results of several parents come together' });
  const stored = async (id: string) => (await editor.nodes()).find((node) => node.id === id);

  it('opened and closed unchanged, each node is stored unchanged', async () => {
    for (const id of ['bare', 'full', 'free', 'lib']) {
      const dialog = await editor.editNode(id);
      if (id !== 'lib') await dialog.getByRole('table', { name: 'Signature' }).waitFor();
      if (id !== 'free') await join().waitFor();
      else assert.equal(await join().count(), 0);
      await editor.picture(`join-${id}`);
      await editor.saveNode();
      assert.equal(await editor.isDirty(), false, `${id} counts as changed`);
    }
    assert.deepEqual(sorted(await editor.nodes()), sorted(flows));
  });

  it('lists the parents by name in the node\u2019s order, and says what it waits for', async () => {
    await editor.editNode('bare');
    assert.deepEqual(await join().locator('.mm-parent strong').allTextContents(), ['a', 'b']);
    await join()
      .getByText('Runs when “a” and “b” have each given a result of the same run (same msg._msgid).')
      .waitFor();
    assert.equal(await join().getByRole('alert').count(), 0);
    await editor.page.locator('#node-dialog-cancel').click();
    await editor.page.locator('#onnx-model-dialog').waitFor({ state: 'detached' });
    await editor.editNode('full');
    assert.deepEqual(await join().locator('.mm-parent strong').allTextContents(), ['b', 'a', 'level']);
    await join().getByText(', and takes the latest result of “level”.').waitFor();
    await join().getByText('Not wired any more: gone.').waitFor();
    assert.equal(await join().getByLabel('What the result of b is called').inputValue(), 'rechts');
    assert.equal(await join().getByLabel('Initial value of level').inputValue(), '[5]');
    await join().getByLabel('How level takes part').selectOption('each');
    await join()
      .getByText('“a” and “level” never carry the same run')
      .or(join().getByText('“b” and “level” never carry the same run'))
      .waitFor();
    await editor.picture('join-warning');
    await join().getByLabel('Same run').selectOption('none');
    await join().getByRole('alert').waitFor({ state: 'detached' });
    await join().getByLabel('Results', { exact: true }).selectOption('any');
    await join().getByText('Every message runs this node by itself.').waitFor();
  });

  it('stores a change in a pipelib', async () => {
    await editor.editNode('lib');
    await join().getByText('Runs when “a” and “b” have each given a result of the same run').waitFor();
    await join().getByLabel('Same run').selectOption('property');
    await join().getByLabel('msg.', { exact: true }).fill('payload.id');
    await editor.saveNode();
    const after = await stored('lib');
    assert.deepEqual(after, {
      ...flows.find(({ id }) => id === 'lib'),
      join: { ...Object(after?.['join']), key: 'property', property: 'payload.id', parentKeys: 'name', parents: [] },
    });
  });

  it('stores a change of one parent with the whole list, and nothing else', async () => {
    await editor.editNode('bare');
    await join().getByLabel('How b takes part').selectOption('latest');
    await join().getByLabel('Initial value of b').fill('[1, oops');
    assert.equal(await join().getByLabel('Initial value of b').getAttribute('aria-invalid'), 'true');
    await join().getByLabel('Initial value of b').fill('[3, 4]');
    await join().getByLabel('What the result of a is called').pressSequentially('the first ');
    await editor.saveNode();
    const before = flows.find(({ id }) => id === 'bare');
    const after = await stored('bare');
    assert.deepEqual(after, {
      ...before,
      parentIds: ['left', 'right'],
      join: {
        mode: 'all',
        key: 'msgid',
        property: '',
        parentKeys: 'name',
        parents: [
          { policy: 'each', key: 'the first' },
          { policy: 'latest', initial: [3, 4] },
        ],
        timeoutMs: 30_000,
        optionalWaitMs: 1_000,
        maxWaiting: 1_000,
        keepParents: false,
      },
    });
  });

  it('keeps the table of inputs right when the list is arranged anew, and when lost parents are forgotten', async () => {
    await editor.editNode('full');
    const names = () => join().locator('.mm-parent strong').allTextContents();
    const focused = () => editor.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await join().getByRole('button', { name: 'Move level up' }).press('Enter');
    assert.deepEqual([await names(), await focused()], [['b', 'level', 'a'], 'Move level up']);
    await join().getByRole('button', { name: 'Move a up' }).press('Enter');
    await editor.page.keyboard.press('Enter');
    await editor.page.keyboard.press('Enter');
    assert.deepEqual([await names(), await focused()], [['a', 'b', 'level'], 'Move a up']);
    await editor.picture('join-moved');
    await join().getByRole('button', { name: 'Forget them' }).press('Enter');
    await join().getByText('Not wired any more').waitFor({ state: 'detached' });
    assert.equal(await focused(), 'Parents');
    await editor.saveNode();
    const after = await stored('full');
    assert.deepEqual(after?.['parentIds'], ['left', 'right', 'stranger']);
    assert.deepEqual(after?.['inputMap'], [
      { input: 'a', value: '0', valueType: 'parent' },
      { input: 'b', value: '1', valueType: 'parent' },
    ]);
    assert.deepEqual(Object(after?.['join']).parents, [
      { policy: 'each' },
      { policy: 'each', key: 'rechts' },
      { policy: 'latest', initial: [5] },
    ]);
  });

  it('keeps the focus in the dialog when nothing is left to join', async () => {
    const dialog = await editor.editNode('single');
    await join().getByRole('button', { name: 'Forget them' }).press('Enter');
    await join().waitFor({ state: 'detached' });
    assert.equal(await dialog.locator(':focus').count(), 1);
    await editor.saveNode();
    assert.deepEqual((await stored('single'))?.['parentIds'], ['right']);
  });

  it('offers the parents for the inputs of the model, and stores the list they are chosen from', async () => {
    const menus = editor.page.locator('.red-ui-typedInput-options');
    const menuCount = await menus.count();
    const dialog = await editor.editNode('bare');
    await dialog.getByRole('table', { name: 'Signature' }).waitFor();
    await dialog.getByLabel('Inputs').selectOption('table');
    const row = dialog.locator('.mm-input-row').first();
    await row.locator('.red-ui-typedInput-type-select').click();
    await editor.page.locator('.red-ui-typedInput-options:visible').getByText('result of').click();
    await editor.picture('join-input');
    await row.locator('.red-ui-typedInput-option-trigger').click();
    await editor.page.locator('.red-ui-typedInput-options:visible').getByText('b', { exact: true }).click();
    await editor.saveNode();
    await waitFor(async () => (await menus.count()) === menuCount, { what: 'the menus to leave the page' });
    const after = await stored('bare');
    assert.deepEqual(Object(after?.['inputMap'])[0], { input: 'a', value: '1', valueType: 'parent' });
    assert.deepEqual(after?.['parentIds'], ['left', 'right']);
  });

  it('a flow exported and imported twice joins in both copies', async () => {
    const exported = await editor.exportTab('tab');
    const before = new Set((await editor.nodes()).map(({ id }) => id));
    await editor.importNodes(exported);
    await editor.importNodes(exported);
    await editor.deploy();
    const copies = (await editor.nodes()).filter(({ id }) => !before.has(id));
    const starts = copies.filter(({ type }) => type === 'inject');
    const keeps = copies.filter(({ name }) => /^keep /.test(String(name)));
    assert.deepEqual([starts.length, keeps.length], [2, 6]);
    for (const full of copies.filter(({ parentIds }) => Array.isArray(parentIds) && parentIds.length === 4)) {
      const names = (full['parentIds'] as string[]).map((id) => copies.find((copy) => copy.id === id)?.['name']);
      assert.deepEqual(names, ['b', 'a', undefined, 'level']);
    }
    // A deploy is answered before its nodes have started.
    const inject = async (id: string): Promise<boolean> =>
      (await nodeRed.request('POST', `inject/${id}`)).status === 200;
    for (const { id } of starts) await waitFor(() => inject(id), { what: 'the node inject to be there' });
    const results = await waitFor(
      async () => {
        const { body } = await nodeRed.request<Record<string, unknown>>('GET', 'kept');
        return keeps.every(({ id }) => id in body) ? body : undefined;
      },
      { what: 'what both copies join' },
    );
    for (const { id, name } of keeps) {
      const expected = name === 'keep lib' ? { a: [1, 2], b: [10, 20] } : { sum: [11, 22], count: [10, 20] };
      assert.deepEqual(results[id], expected);
    }
  });

  it('is accessible, warnings included', async () => {
    await editor.editNode('full');
    await join().getByLabel('How level takes part').selectOption('each');
    await join().getByRole('alert').waitFor();
    await join().getByLabel('How a takes part').selectOption('latest');
    await join().getByText('Waiting', { exact: true }).click();
    await assertAccessible(editor.page, 'the join');
  });
});

function sorted(nodes: readonly { readonly id: string }[]): readonly object[] {
  return [...nodes].sort((a, b) => a.id.localeCompare(b.id));
}
