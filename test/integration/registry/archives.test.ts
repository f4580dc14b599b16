import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Digest } from '../../../lib/ids';
import type { Version } from '../../../lib/registry';
import { type ArchiveSpec, buildArchive } from '../../support/archive';
import { buildModel, identityModel, irisModel } from '../../support/onnx-models';
import { modelNumber, type RegistryLab, registryLab, withCode } from '../../support/registry-lab';

const model = buildModel(irisModel());
/** Doubles as preprocessing of iris: its output is the input of the model. */
const preprocessing = buildModel({
  nodes: [{ op: 'Identity', inputs: ['raw'], outputs: ['features'] }],
  inputs: [{ name: 'raw', type: 'float32', shape: ['N', 4] }],
  outputs: [{ name: 'features', type: 'float32', shape: ['N', 4] }],
});

const upload = async (lab: RegistryLab, name: string, spec: ArchiveSpec | Buffer): Promise<Version> =>
  lab.upload(name, Buffer.isBuffer(spec) ? spec : await buildArchive(spec), { kind: 'tar' });

const comparable = ({ model: _model, version, createdAt, aliases, ...rest }: Version): unknown => rest;

describe('archives', () => {
  it('carry a version with all that belongs to it, there and back', async () => {
    await using lab = await registryLab();
    const attributes = {
      metrics: { accuracy: 0.97 },
      labels: ['a', 'b', 'c'],
      features: ['w', 'x', 'y', 'z'],
      description: 'packed',
      tags: { lot: '7' },
    };
    const notes = randomBytes(300_000);
    const first = await upload(lab, 'iris', [
      ['version.json', JSON.stringify(attributes)],
      ['model.onnx', model],
      ['preprocessing.onnx', preprocessing],
      [{ name: 'additional_output', type: 'directory' }],
      ['additional_output/plots/loss é.png', notes],
      [`additional_output/${'long'.repeat(40)}/empty.txt`, ''],
    ]);
    const { metrics, labels, features, description, tags } = first;
    assert.deepEqual({ metrics, labels, features, description, tags }, attributes);
    assert.deepEqual(first.preprocessing?.signature.inputs, [{ name: 'raw', type: 'float32', shape: ['N', 4] }]);
    assert.deepEqual(
      first.additionalOutputs.map(({ path, sizeBytes }) => [path, sizeBytes]),
      [
        [`${'long'.repeat(40)}/empty.txt`, 0],
        ['plots/loss é.png', 300_000],
      ],
    );
    const { preprocessingPath = '' } = lab.registry.filesOf(first);
    assert.deepEqual(await readFile(preprocessingPath), preprocessing);

    const exported = await buffer(lab.registry.exportVersion('iris', 'deployed'));
    assert.deepEqual(await buffer(lab.registry.exportVersion('iris', 1)), exported);
    const second = await upload(lab, 'copy', exported);
    assert.deepEqual(comparable(second), comparable(first));
    await assert.rejects(upload(lab, 'iris', exported), withCode('DUPLICATE_VERSION', { version: 1 }));
  });

  it('carry the absence of labels and features as well', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', irisModel());
    const cleared = await lab.registry.updateVersion('iris', 1, { labels: null, features: null }, null);
    const copy = await upload(lab, 'copy', await buffer(lab.registry.exportVersion('iris', 1)));
    assert.deepEqual(comparable(copy), comparable(cleared));
    assert.equal('labels' in copy, false);
  });

  it('may be packed with ./ before the names, and their digest is that of the archive', async () => {
    await using lab = await registryLab();
    const bytes = await buildArchive([[{ name: './', type: 'directory' }], ['./model.onnx', model]]);
    const expectedDigest = Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    assert.equal((await lab.upload('iris', bytes, { kind: 'tar', expectedDigest })).version, 1);
    const other = await buildArchive([['model.onnx', buildModel(modelNumber(1))]]);
    const mismatch = lab.upload('iris', other, { kind: 'tar', expectedDigest });
    await assert.rejects(mismatch, withCode('DIGEST_MISMATCH', { stage: 'read' }));
    assert.equal(await lab.blobCount(), 1);
  });

  it('keep their files while an export reads them, even if the version is deleted', async () => {
    await using lab = await registryLab();
    for (const n of [1, 2]) await lab.upload('iris', modelNumber(n));
    const archive = lab.registry.exportVersion('iris', 2);
    await lab.registry.deleteVersion('iris', 2, null);
    assert.equal((await lab.registry.collectGarbage({ minAgeMs: -60_000 })).count, 0);
    assert.ok((await buffer(archive)).includes(buildModel(modelNumber(2))));
    assert.equal((await lab.registry.collectGarbage({ minAgeMs: -60_000 })).count, 1);
    const abandoned = lab.registry.exportVersion('iris', 1);
    abandoned.destroy();
  });

  describe('are refused as a whole', () => {
    const withModel = (...more: ArchiveSpec): ArchiveSpec => [['model.onnx', model], ...more];
    const json = (value: unknown): ArchiveSpec => withModel(['version.json', JSON.stringify(value)]);
    const other = buildModel(identityModel());
    const cases: readonly (readonly [string, ArchiveSpec, RegExp])[] = [
      ['without model.onnx', [['preprocessing.onnx', model]], /no model\.onnx/],
      ['with nothing in them', [], /no model\.onnx/],
      [
        'with a symbolic link',
        withModel([{ name: 'additional_output/a', type: 'symlink', linkname: '/etc/passwd' }]),
        /symbolic link/,
      ],
      ['with a hard link', [[{ name: 'model.onnx', type: 'link', linkname: '/etc/passwd' }]], /link/],
      ['with a device', withModel([{ name: 'additional_output/a', type: 'character-device' }]), /character device/],
      ['with a fifo', withModel([{ name: 'additional_output/a', type: 'fifo' }]), /fifo/],
      ['with a way out', withModel(['additional_output/../../a', 'x']), /leads out/],
      ['with a way out behind a folder', withModel([{ name: 'additional_output/..', type: 'directory' }]), /leads out/],
      ['with an absolute name', withModel(['/additional_output/a', 'x']), /absolute/],
      ['with a drive letter', withModel(['C:/a', 'x']), /absolute/],
      ['with a backslash', withModel(['additional_output\\a', 'x']), /backslash/],
      ['with a control character', withModel(['additional_output/a\nb', 'x']), /printed/],
      ['with an empty part', withModel(['additional_output//a', 'x']), /empty part/],
      ['with a name too long', withModel([`additional_output/${'x'.repeat(256)}`, 'x']), /longer than 255/],
      ['with a file twice', withModel(['model.onnx', other]), /twice/],
      [
        'with a file twice but for case',
        withModel(['additional_output/a', 'x'], ['additional_output/A', 'y']),
        /twice/,
      ],
      [
        'with a file that is a folder too',
        withModel(['additional_output/a', 'x'], ['additional_output/a/b', 'y']),
        /twice/,
      ],
      [
        'with a folder that is a file too',
        withModel(['additional_output/a/b', 'x'], ['additional_output/a', 'y']),
        /twice/,
      ],
      ['with a file that has no place', withModel(['readme.txt', 'x']), /no place/],
      ['with a folder that has no place', withModel([{ name: 'src', type: 'directory' }]), /no place/],
      [
        'with too many entries',
        withModel(
          ...Array.from(
            { length: 1_000 },
            (_, n) => [{ name: `additional_output/${n}`, type: 'directory' as const }] as const,
          ),
        ),
        /1000 entries/,
      ],
      ['with a version.json that is no JSON', withModel(['version.json', '{']), /not JSON/],
      ['with a version.json of another kind', json([]), /version\.json/],
      ['with an unknown field in version.json', json({ digest: 'x' }), /digest/],
      ['with a metric that is no number', json({ metrics: { a: 'x' } }), /metrics\.a/],
      ['with a huge version.json', json({ description: 'x'.repeat(1_100_000) }), /larger than/],
      [
        'with preprocessing that does not fit',
        withModel(['preprocessing.onnx', other]),
        /gives "y", the model wants "features"/,
      ],
      [
        'with preprocessing of another type',
        withModel([
          'preprocessing.onnx',
          buildModel({ ...identityModel('int64'), outputs: [{ name: 'features', type: 'int64', shape: null }] }),
        ]),
        /gives it as int64/,
      ],
      ['with a model that is none', [['model.onnx', 'no model']], /ONNX/],
    ];
    for (const [name, spec, words] of cases) {
      it(name, async () => {
        await using lab = await registryLab();
        await assert.rejects(upload(lab, 'iris', spec), (thrown: Error) => {
          assert.match(thrown.message, words);
          return withCode('INVALID_MODEL')(thrown);
        });
        assert.deepEqual([lab.registry.list(), await lab.blobCount()], [[], 0]);
      });
    }

    it('when they are cut or damaged at any place', async () => {
      await using lab = await registryLab();
      const bytes = await buildArchive([
        ['additional_output/a', randomBytes(2_000)],
        ['model.onnx', model],
      ]);
      for (const length of [0, 100, 511, 512, 1_000, 2_600, 3_100, 3_600, 4_000]) {
        await assert.rejects(
          upload(lab, 'iris', bytes.subarray(0, length)),
          withCode('INVALID_MODEL'),
          `cut at ${length}`,
        );
      }
      const damaged = Buffer.from(bytes);
      damaged.fill(0x41, 100, 200);
      await assert.rejects(upload(lab, 'iris', damaged), withCode('INVALID_MODEL', { stage: 'read' }));
      await assert.rejects(upload(lab, 'iris', randomBytes(10_000)), withCode('INVALID_MODEL', { stage: 'read' }));
      assert.equal(await lab.blobCount(), 0);
    });

    it('at once, without waiting for a sender that has fallen silent', async () => {
      await using lab = await registryLab();
      const bytes = await buildArchive([
        ['readme.txt', 'x'],
        ['model.onnx', model],
      ]);
      const body = new PassThrough();
      body.write(bytes.subarray(0, 1_024));
      await assert.rejects(lab.upload('iris', bytes, { kind: 'tar', body }), withCode('INVALID_MODEL'));
      assert.equal(body.destroyed, false);
      body.destroy();
    });

    it('when they are larger than a model may be', async () => {
      await using lab = await registryLab();
      const spec = withModel(['additional_output/a', Buffer.alloc(4_000_000)]);
      await assert.rejects(upload(lab, 'iris', spec), withCode('MODEL_TOO_LARGE', { stage: 'read' }));
      assert.equal(await lab.blobCount(), 0);
    });
  });
});
