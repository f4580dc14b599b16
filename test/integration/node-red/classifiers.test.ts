import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry, Version } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { buildArchive } from '../../support/archive';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';
import { assertAlike, classesOf, type Expected, expectedOf, exportedModel } from '../../support/zip-map-models';

const tar = { 'content-type': 'application/x-tar' };

/** What `format: label` gives of a row: the class with the highest score. */
function best(row: Expected['probabilities'][number] = []): { readonly label: string; readonly score: number } {
  const [label, score] = row.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { label: String(label), score };
}

/** To all rows at once, in the format `label`. */
async function answersOf(lab: ModelLab, { payload }: Expected): Promise<ReturnType<typeof best>[]> {
  return (await lab.mqtt.ask('in', payload, 'out')) as ReturnType<typeof best>[];
}

describe(`classifiers of scikit-learn and LightGBM in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let lab: ModelLab;
  let api: AdminClient;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    api = new AdminClient(lab.nodeRed);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const upload = async (name: string, fixture: string): Promise<Version> =>
    api.ok<Version>(201, 'POST', `models/${name}/versions?create=true`, await exportedModel(fixture));
  const infer = async (name: string, body: object): Promise<unknown> =>
    (await api.ok<{ payload: unknown }>(200, 'POST', `models/${name}/versions/latest/infer`, body)).payload;

  it('answer rows of a table by the names of its columns, one or many', async () => {
    const { payload, labels, probabilities } = await expectedOf('columns');
    await upload('columns', 'columns');
    await lab.deployFlow('columns');
    assert.equal(await lab.mqtt.ask('in', payload[0], 'out'), labels[0]);
    assert.deepEqual(await lab.mqtt.ask('in', payload, 'out'), labels);
    assert.deepEqual(await lab.mqtt.ask('in', [], 'out'), []);
    await lab.deployFlow('columns', { node: { format: 'label' } });
    assertAlike(await lab.mqtt.ask('in', payload, 'out'), probabilities.map(best));
    const failure = (await lab.mqtt.ask('in', [payload[0], { speed: 1, torque: 2 }], 'errors')) as { message: string };
    assert.match(failure.message, /"tool" is missing in row 1/);
  });

  it('answer batches whose size the file states wrongly', async () => {
    const { payload, labels, probabilities } = await expectedOf('lightgbm-multi');
    const { signature } = await upload('trees', 'lightgbm-multi');
    assert.deepEqual(signature.outputs[0]?.shape, [1]);
    await lab.deployFlow('trees');
    assert.deepEqual(await lab.mqtt.ask('in', payload, 'out'), labels);
    assert.equal(await lab.mqtt.ask('in', payload[0], 'out'), labels[0]);
    assertAlike(await infer('trees', { payload, format: 'label' }), probabilities.map(best));
  });

  it('answer with several labels a row, and with the score of each', async () => {
    const { payload, labels, probabilities } = await expectedOf('multi-label');
    assert.equal((await upload('several', 'multi-label')).labels, undefined);
    await lab.deployFlow('several');
    assert.deepEqual(await lab.mqtt.ask('in', payload, 'out'), labels);
    const ranked = (await infer('several', { payload, format: 'label', label: { topK: 3 } })) as {
      label: number;
      score: number;
    }[][];
    for (const [index, row] of ranked.entries()) {
      const byLabel = [...row].sort((a, b) => a.label - b.label).map(({ score }) => score);
      assertAlike(
        byLabel,
        probabilities[index]?.map(([, score]) => score),
      );
    }
  });

  it('run from a file as from the registry, and are taken over when the file changes', async () => {
    const first = await expectedOf('logistic-text');
    const path = join(lab.nodeRed.userDir, 'own.onnx');
    await writeFile(path, await exportedModel('logistic-text'));
    await lab.deployFlow('', { node: { source: 'file', file: 'own.onnx', format: 'label' } });
    assertAlike(await lab.mqtt.ask('in', first.payload, 'out'), first.probabilities.map(best));
    const next = await expectedOf('forest-numbers');
    await writeFile(path, await exportedModel('forest-numbers'));
    await waitFor(async () => (await answersOf(lab, next))[0]?.label === best(next.probabilities[0]).label, {
      what: 'the other file to answer',
    });
    assertAlike(await answersOf(lab, next), next.probabilities.map(best));
  });

  describe('with preprocessing', () => {
    const names = ['ph', 'flow', 'heat', 'salt'];
    let expected: Expected;
    let version: Version;
    /** The rows as objects by the names that the preprocessing gives its columns. */
    const rows = (): object[] =>
      expected.payload.map((row) => Object.fromEntries(names.map((name, column) => [name, (row as number[])[column]])));

    before(async () => {
      expected = await expectedOf('scaled');
      const archive = await buildArchive([
        ['model.onnx', await exportedModel('scaled')],
        ['preprocessing.onnx', await exportedModel('scaled-preprocessing')],
      ]);
      version = await api.ok<Version>(201, 'POST', 'models/scaled/versions?create=true', archive, tar);
    });

    it('have the features of the preprocessing and the labels of the model', () => {
      assert.deepEqual([version.features, version.labels], [names, classesOf(expected)]);
      assert.deepEqual(version.preprocessing?.signature.inputs, [{ name: 'raw', type: 'float32', shape: [null, 4] }]);
      assert.equal(version.original?.changes.length, 1);
    });

    it('answer when they are tried', async () => {
      assert.deepEqual(await infer('scaled', { payload: expected.payload }), expected.labels);
      assertAlike(await infer('scaled', { payload: rows(), format: 'label' }), expected.probabilities.map(best));
    });

    it('answer in a flow, by features and with labels', async () => {
      await lab.deployFlow('scaled', { node: { format: 'label' } });
      assertAlike(await lab.mqtt.ask('in', rows(), 'out'), expected.probabilities.map(best));
      assertAlike(await lab.mqtt.ask('in', { raw: expected.payload }, 'out'), expected.probabilities.map(best));
      assertAlike(await lab.mqtt.ask('in', rows()[0], 'out'), best(expected.probabilities[0]));
    });

    it('are exported and taken back as the same version', async () => {
      const { bytes } = await api.send('GET', 'models/scaled/versions/1/export');
      const copy = await api.ok<Version>(201, 'POST', 'models/copy/versions?create=true', bytes, tar);
      const { digest, preprocessing, original, labels, features } = version;
      assert.deepEqual(
        [copy.digest, copy.preprocessing, copy.original, copy.labels, copy.features],
        [digest, preprocessing, original, labels, features],
      );
      assert.deepEqual(await infer('copy', { payload: rows() }), expected.labels);
      await api.refused(409, 'DUPLICATE_VERSION', 'POST', 'models/copy/versions', bytes, tar);
    });

    it('stand in the audit with the digests of all files', async () => {
      const { items } = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/scaled/audit');
      const created = items.find(({ action }) => action === 'version.create');
      const { digest, description, preprocessing, original } = version;
      assert.deepEqual(created?.after, {
        version: 1,
        digest,
        description,
        preprocessing: preprocessing?.digest,
        original: original?.digest,
      });
    });

    it('are another version than the model without it', async () => {
      const bytes = await exportedModel('scaled');
      assert.equal((await api.ok<Version>(201, 'POST', 'models/scaled/versions', bytes)).version, 2);
      await api.refused(409, 'DUPLICATE_VERSION', 'POST', 'models/scaled/versions', bytes);
    });
  });
});
