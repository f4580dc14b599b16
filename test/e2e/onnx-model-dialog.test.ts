import assert from 'node:assert/strict';
import { type FlowNode, NodeRed } from '../support/node-red';
import { addModel, buildModel, irisModel, type ModelSpec, twoInputModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { assertAccessible } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';

const base = { type: 'onnx-model', z: 'tab', wires: [[]] };

/** Stored forms a dialog has to leave alone: next to nothing, everything, and things it does not know. */
const flows: readonly FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Dialogs', disabled: false, info: '', env: [] },
  { ...base, id: 'bare', model: 'iris', x: 100, y: 60 },
  {
    ...base,
    id: 'full',
    name: 'all set',
    configVersion: 1,
    source: 'registry',
    model: 'two',
    file: '',
    version: '1',
    features: [],
    inputMap: [
      { input: 'a', value: 'payload.a', valueType: 'msg' },
      { input: 'b', value: '0', valueType: 'parent' },
    ],
    result: { mode: 'named', names: ['sum', 'not-there'] },
    format: 'tensor',
    label: { topK: 3, softmax: true },
    timeoutMs: 5_000,
    queue: { max: 7, overflow: 'keepNewest' },
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
  { ...base, id: 'unknown', name: '', model: 'gone', version: 'canary', features: ['a', 'b'], x: 100, y: 180 },
  { ...base, id: 'file', name: '', source: 'file', file: 'models/x.onnx', x: 100, y: 240 },
  { ...base, id: 'new', name: '', model: 'iris', x: 100, y: 300 },
];

describe('the dialog of onnx-model', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let editor: Editor;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ flows });
    const models: Readonly<Record<string, ModelSpec>> = { iris: irisModel(), two: twoInputModel() };
    for (const [name, spec] of Object.entries(models)) {
      const answer = await nodeRed.api('POST', `models/${name}/versions?create=true`, buildModel(spec));
      assert.equal(answer.status, 201, answer.text);
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
  });
  closeAfterEach(() => editor);

  it('opened and closed unchanged stores an unchanged configuration', async () => {
    for (const { id, type } of flows) {
      if (type !== 'onnx-model') continue;
      const dialog = await editor.editNode(id);
      // What arrives later must not change anything either.
      if (id === 'bare' || id === 'full') await dialog.getByRole('table', { name: 'Signature' }).waitFor();
      await editor.picture(`dialog-${id}`);
      await editor.saveNode();
      assert.equal(await editor.isDirty(), false, `${id} counts as changed`);
    }
    assert.deepEqual(sorted(await editor.nodes()), sorted(flows));
  });

  it('stores what was changed, and nothing else', async () => {
    const dialog = await editor.editNode('new');
    // What arrives later moves what is pressed.
    await dialog.getByRole('table', { name: 'Signature' }).waitFor();
    await dialog.getByLabel('Name').fill('classify');
    await dialog.getByLabel('Version').selectOption('1');
    await dialog.getByLabel('Format').selectOption('label');
    await dialog.getByLabel('Best').fill('2');
    await dialog.getByText('Limits').click();
    await dialog.getByLabel('When full').selectOption('dropOldest');
    await dialog.getByLabel('Queue').fill('no number');
    await editor.saveNode();
    const saved = (await editor.nodes()).find(({ id }) => id === 'new');
    assert.deepEqual(saved, {
      ...flows.find(({ id }) => id === 'new'),
      // The editor keeps the left edge of a node in place when its label grows.
      x: saved?.['x'],
      name: 'classify',
      version: '1',
      format: 'label',
      label: { topK: 2, softmax: false },
      queue: { max: 1_000, overflow: 'dropOldest' },
    });
  });

  it('maps each input of the chosen version and warns when features and shape disagree', async () => {
    const dialog = await editor.editNode('new');
    await dialog.getByLabel('Features').fill('a\nb\n\nc');
    await dialog.getByText('3 features, but the model takes 4 columns.').waitFor();
    await dialog.getByLabel('Features').fill('');
    await dialog.getByText('but the model takes').waitFor({ state: 'detached' });
    assert.match((await dialog.getByLabel('Features').getAttribute('placeholder')) ?? '', /^sepal_length\nsepal_width/);
    await dialog.getByLabel('Model', { exact: true }).selectOption('two');
    await dialog.getByText('int64').first().waitFor();
    await dialog.getByLabel('Inputs').selectOption('table');
    await editor.picture('dialog-inputs');
    await dialog.getByRole('button', { name: 'Remove a' }).click();
    await editor.saveNode();
    const saved = (await editor.nodes()).find(({ id }) => id === 'new');
    assert.deepEqual(saved?.['inputMap'], [{ input: 'b', value: 'payload["b"]', valueType: 'msg' }]);
    assert.equal(saved?.['model'], 'two');
  });

  it('keeps the name of a model that is not there and makes it by an upload in place', async () => {
    const dialog = await editor.editNode('unknown');
    await dialog.getByText('There is no model gone yet.').waitFor();
    await dialog.getByRole('button', { name: 'Upload…' }).click();
    await editor.upload({ name: 'x.onnx', mimeType: 'application/octet-stream', buffer: buildModel(addModel(1)) });
    await dialog.getByText('gone v1 is stored and deployed.').waitFor();
    await dialog.getByText('There is no model gone yet.').waitFor({ state: 'detached' });
    await editor.saveNode();
    const saved = (await editor.nodes()).find(({ id }) => id === 'unknown');
    assert.equal(saved?.['model'], 'gone');
    assert.equal(saved?.['version'], 'canary');
  });

  it('tries a payload in place with the settings that stand in it', async () => {
    const dialog = await editor.editNode('new');
    await dialog.getByLabel('Format').selectOption('label');
    await dialog.getByRole('button', { name: 'Try it' }).click();
    await dialog.getByRole('button', { name: 'Run' }).click();
    const result = dialog.locator('.mm-result');
    await dialog.getByText('"label":').waitFor();
    assert.match((await result.textContent()) ?? '', /setosa|versicolor|virginica/);
    await editor.picture('dialog-tried');
    await editor.saveNode();
  });

  it('is accessible: sources, inputs, results and the rest of the form', async () => {
    for (const id of ['full', 'file', 'unknown']) {
      await editor.editNode(id);
      await assertAccessible(editor.page, `dialog of ${id}`);
      await editor.page.locator('#node-dialog-cancel').click();
      await editor.page.locator('#onnx-model-dialog').waitFor({ state: 'detached' });
    }
  });

  for (const [language, word, help] of [
    ['de', 'Merkmale', 'Führt mit jeder Nachricht'],
    ['fr', 'Variables', 'Exécute un modèle ONNX'],
    ['en-US', 'Features', 'Runs an ONNX model'],
  ] as const) {
    it(`speaks ${language}, help included`, async () => {
      await using other = await Editor.open(nodeRed, { language });
      const dialog = await other.editNode('new');
      await dialog.getByText(word).first().waitFor();
      const answer = await nodeRed.request('GET', 'nodes', undefined, {
        accept: 'text/html',
        'accept-language': language,
      });
      assert.ok(answer.text.includes(help));
      await other.picture(`dialog-${language}`);
      assert.deepEqual(other.complaints, []);
    });
  }
});

function sorted(nodes: readonly { readonly id: string }[]): readonly object[] {
  return [...nodes].sort((a, b) => a.id.localeCompare(b.id));
}
