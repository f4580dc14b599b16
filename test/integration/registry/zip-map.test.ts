import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Digest } from '../../../lib/ids';
import { answerTo } from '../../../lib/inference/answer';
import { type CodecOptions, createCodec } from '../../../lib/inference/codec';
import type { Engine } from '../../../lib/inference/engine';
import { effectiveSignature, type Version } from '../../../lib/registry';
import { buildArchive } from '../../support/archive';
import { openEngineLab, testLoadWith } from '../../support/engine-lab';
import { type RegistryLab, registryLab, withCode } from '../../support/registry-lab';
import {
  assertAlike,
  classesOf,
  expectedOf,
  exportedModel,
  mapList,
  zipMapFixtures,
  zipMapModel,
} from '../../support/zip-map-models';

/** Runs a version as a node would. */
async function answers(
  engine: Engine,
  lab: RegistryLab,
  version: Version,
  payload: unknown,
  options: CodecOptions,
): Promise<unknown> {
  const { model, version: number, digest, labels, features } = version;
  const loaded = await engine.load({ key: digest, model, version: number, ...lab.registry.filesOf(version) });
  try {
    const codec = createCodec(effectiveSignature(version), {
      ...(labels ? { labels } : {}),
      ...(features ? { features } : {}),
      ...options,
    });
    return (await answerTo(codec.encode(payload), codec, loaded, {})).value;
  } finally {
    loaded.release();
  }
}

describe('a model with a ZipMap', () => {
  for (const name of [...zipMapFixtures, 'catboost', 'columns']) {
    it(`answers as the original does: ${name}`, async () => {
      await using engines = await openEngineLab();
      await using lab = await registryLab();
      lab.testLoad = testLoadWith(engines.engine);
      const expected = await expectedOf(name);
      const { payload, labels, probabilities } = expected;
      const version = await lab.upload('classes', await exportedModel(name));
      assert.deepEqual(version.labels, classesOf(expected));
      const ask = (options: CodecOptions) => answers(engines.engine, lab, version, payload, options);
      assert.deepEqual(await ask({}), labels);
      const scores = probabilities.map((row) => row.map(([, score]) => score));
      const [, output] = version.signature.outputs;
      const named = (await ask({ result: { mode: 'named', names: [output?.name ?? ''] } })) as Record<string, unknown>;
      assertAlike(named[output?.name ?? ''], scores);
      const ranked = (await ask({ format: 'label', label: { topK: labels.length } })) as {
        label: string;
        score: number;
      }[][];
      assertAlike(
        ranked.map((row) => Object.fromEntries(row.map(({ label, score }) => [label, score]))),
        probabilities.map((row) => Object.fromEntries(row)),
      );
    });
  }

  it('is told to have been changed, and how', async () => {
    await using lab = await registryLab();
    const bytes = await exportedModel('logistic-text');
    const version = await lab.upload('iris', bytes, { expectedDigest: digestOf(bytes) });
    assert.deepEqual(version.original, {
      digest: digestOf(bytes),
      sizeBytes: bytes.length,
      changes: [{ kind: 'zipMapRemoved', output: 'output_probability', tensor: 'probabilities' }],
    });
    const stored = await readFile(lab.registry.filesOf(version).modelPath);
    assert.deepEqual([version.digest, version.sizeBytes], [digestOf(stored), stored.length]);
    assert.notEqual(version.digest, digestOf(bytes));
    assert.equal(await lab.blobCount(), 1);
    const reopened = await lab.reopen();
    assert.deepEqual(reopened.getVersion('iris', 1), version);
    const plain = await lab.upload('plain', await exportedModel('logistic-text-plain'));
    assert.equal('original' in plain, false);
    assert.deepEqual(plain.labels, version.labels);
  });

  it('is a duplicate as it came and as it runs, in one file or in an archive', async () => {
    await using lab = await registryLab();
    const bytes = await exportedModel('logistic-text');
    const version = await lab.upload('iris', bytes);
    const stored = await readFile(lab.registry.filesOf(version).modelPath);
    const archive = await buildArchive([['model.onnx', bytes]]);
    const exported = await buffer(lab.registry.exportVersion('iris', 1));
    for (const [body, kind] of [
      [bytes, 'onnx'],
      [stored, 'onnx'],
      [archive, 'tar'],
      [exported, 'tar'],
    ] as const) {
      await assert.rejects(lab.upload('iris', body, { kind }), withCode('DUPLICATE_VERSION', { version: 1 }));
      assert.equal(await lab.blobCount(), 1);
    }
    const again = await lab.upload('iris', bytes, { allowDuplicate: true });
    assert.deepEqual([again.version, again.digest, again.original], [2, version.digest, version.original]);
    assert.equal(await lab.blobCount(), 1);
  });

  it('is a duplicate also of what was uploaded before without its original', async () => {
    await using lab = await registryLab();
    const bytes = await exportedModel('forest-numbers');
    const stored = await readFile(lab.registry.filesOf(await lab.upload('first', bytes)).modelPath);
    const plain = await lab.upload('second', stored);
    assert.deepEqual([plain.original, plain.labels], [undefined, ['10', '20', '30']]);
    await assert.rejects(lab.upload('second', bytes), withCode('DUPLICATE_VERSION', { version: 1 }));
  });

  it('is exported and taken back as the version it is', async () => {
    await using lab = await registryLab();
    const bytes = await exportedModel('bayes-text');
    const first = await lab.upload('first', bytes);
    const exported = await buffer(lab.registry.exportVersion('first', 1));
    const second = await lab.upload('second', exported, { kind: 'tar' });
    const content = ({ model: _model, createdAt: _at, ...rest }: Version) => rest;
    assert.deepEqual(content(second), content(first));
    assert.deepEqual(second.labels, ['blau', 'grün', 'rot']);
    await assert.rejects(lab.upload('second', bytes), withCode('DUPLICATE_VERSION', { version: 1 }));
  });

  it('may have other labels, if its archive or its user says so', async () => {
    await using lab = await registryLab();
    const facts = { labels: ['rosse', 'verde', 'blu'] };
    const archive = await buildArchive([
      ['model.onnx', await exportedModel('forest-numbers')],
      ['version.json', JSON.stringify(facts)],
    ]);
    const version = await lab.upload('forest', archive, { kind: 'tar' });
    assert.deepEqual([version.labels, version.original?.changes.length], [facts.labels, 1]);
    const changed = await lab.registry.updateVersion('forest', 1, { labels: ['a', 'b', 'c'] }, null);
    assert.deepEqual(changed.labels, ['a', 'b', 'c']);
    await assert.rejects(
      lab.registry.updateVersion('forest', 1, { original: version.original }, null),
      withCode('INVALID_INPUT'),
    );
  });

  it('leaves nothing behind when it is refused after it was changed', async () => {
    await using engines = await openEngineLab();
    await using lab = await registryLab();
    lab.testLoad = testLoadWith(engines.engine);
    const broken = zipMapModel({ mutate: (_, graph) => Object.assign(graph.node?.[0] ?? {}, { opType: 'Nope' }) });
    await assert.rejects(lab.upload('bad', broken), withCode('INVALID_MODEL', { stage: 'test-loaded' }));
    assert.equal(await lab.blobCount(), 0);
  });

  it('runs with what the file goes on declaring of the dictionaries', async () => {
    await using engines = await openEngineLab();
    await using lab = await registryLab();
    lab.testLoad = testLoadWith(engines.engine);
    const declared = zipMapModel({
      mutate: (_, graph) => graph.valueInfo?.push({ name: 'maps', type: mapList() }),
    });
    const version = await lab.upload('declared', declared);
    const best = await answers(engines.engine, lab, version, [0, 9, 0], { format: 'label' });
    assertAlike(best, { label: 'b', score: 0.999753 });
  });

  it('is refused by the runtime where its scores are of another type than it takes', async () => {
    await using engines = await openEngineLab();
    await using lab = await registryLab();
    lab.testLoad = testLoadWith(engines.engine);
    const lying = zipMapModel({
      mutate: (_, graph) =>
        Object.assign(graph.node?.[0] ?? {}, { opType: 'Cast', attribute: [{ name: 'to', i: 11, type: 2 }] }),
    });
    await assert.rejects(lab.upload('bad', lying), withCode('INVALID_MODEL', { stage: 'test-loaded' }));
  });

  it('has no place in preprocessing', async () => {
    await using lab = await registryLab();
    const archive = await buildArchive([
      ['model.onnx', await exportedModel('scaled')],
      ['preprocessing.onnx', await exportedModel('logistic-text')],
    ]);
    await assert.rejects(lab.upload('bad', archive, { kind: 'tar' }), /list of maps \(ZipMap\)/);
    assert.equal(await lab.blobCount(), 0);
  });
});

function digestOf(bytes: Buffer): Digest {
  return Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}
