import assert from 'node:assert/strict';
import type { FlowNode } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { TrainingLab } from '../support/training-lab';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';

const COLLECTION = { configVersion: 1, collection: 'readings', mode: 'insert', query: '' };
const QUERY = { configVersion: 1, collection: '', mode: 'query', query: 'SELECT * FROM readings WHERE x > :least' };
const TRIGGER = {
  configVersion: 1,
  job: 'later_job',
  mode: 'threshold',
  count: 1,
  property: 'accuracy',
  operator: '<',
  limit: 0.9,
  forMessages: 5,
  minIntervalMs: 60_000,
};

const flows: readonly FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'Training', disabled: false, info: '', env: [] },
  { id: 'put', type: 'model-collection', z: 'tab', name: '', ...COLLECTION, x: 150, y: 80, wires: [['trigger']] },
  { id: 'ask', type: 'model-collection', z: 'tab', name: 'ask', ...QUERY, x: 150, y: 160, wires: [[]] },
  { id: 'trigger', type: 'retrain-trigger', z: 'tab', name: '', ...TRIGGER, x: 400, y: 80, wires: [[], []] },
];

describe('the dialogs of model-collection and retrain-trigger', function () {
  this.timeout(120_000);
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    lab = await TrainingLab.start({ flows });
    await lab.addModel();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('change nothing when they are opened and closed', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    for (const id of ['put', 'ask', 'trigger']) {
      await editor.editNode(id);
      await assertAccessible(editor.page, id);
      await editor.picture(`dialog-${id}`);
      await editor.saveNode();
    }
    assert.equal(await editor.isDirty(), false);
    const nodes = await editor.nodes();
    for (const [id, expected] of Object.entries({ put: COLLECTION, ask: QUERY, trigger: TRIGGER })) {
      const node = nodes.find((one) => one.id === id);
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, node?.[key]])), expected);
    }
    assert.deepEqual(editor.complaints, []);
  });

  it('make a collection that is not there yet', async () => {
    await using editor = await Editor.open(lab.nodeRed);
    const dialog = await editor.editNode('put');
    await dialog.getByText('There is no collection readings yet.').waitFor();
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByText('0 rows so far.').waitFor();
    await editor.saveNode();
    assert.deepEqual(editor.complaints, []);
  });

  it('keep the name of a job that is not there, and offer those that are', async () => {
    await lab.addJob({ name: 'other_job', queries: [] }, null);
    await using editor = await Editor.open(lab.nodeRed);
    const dialog = await editor.editNode('trigger');
    const job = dialog.getByLabel('Job');
    await dialog.getByText('later_job (not there)').waitFor({ state: 'attached' });
    assert.equal(await job.inputValue(), 'later_job');
    await job.selectOption('other_job');
    await editor.saveNode();
    assert.equal((await editor.nodes()).find(({ id }) => id === 'trigger')?.['job'], 'other_job');
    assert.deepEqual(editor.complaints, []);
  });
});
