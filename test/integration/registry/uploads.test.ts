import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { ModelManagementError } from '../../../lib/errors';
import { Digest } from '../../../lib/ids';
import { buildModel, identityModel, irisModel } from '../../support/onnx-models';
import { anUpload, modelNumber, registryLab, withCode } from '../../support/registry-lab';
import { waitFor } from '../../support/wait-for';

const digestOf = (bytes: Buffer): Digest => Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);

describe('uploads', () => {
  it('reads from the file what it says about itself', async () => {
    await using lab = await registryLab();
    const bytes = buildModel(irisModel());
    const version = await lab.upload('iris', bytes, { description: 'first', expectedDigest: digestOf(bytes) });
    assert.deepEqual(version, {
      model: 'iris',
      version: 1,
      createdAt: version.createdAt,
      createdBy: 'ann',
      source: 'upload',
      digest: digestOf(bytes),
      sizeBytes: bytes.length,
      description: 'first',
      tags: {},
      aliases: ['deployed'],
      metrics: {},
      features: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
      labels: ['setosa', 'versicolor', 'virginica'],
      signature: {
        inputs: [{ name: 'features', type: 'float32', shape: ['N', 4] }],
        outputs: [{ name: 'probabilities', type: 'float32', shape: ['N', 3] }],
      },
      opset: 13,
      irVersion: 8,
      producer: 'test',
      additionalOutputs: [],
    });
  });

  it('leaves neither version nor file nor model behind when it is refused', async () => {
    await using lab = await registryLab();
    const good = buildModel(modelNumber(1));
    const never = new AbortController();
    never.abort();
    const refusals: readonly [string, () => Promise<unknown>, (thrown: unknown) => boolean][] = [
      ['not a model', () => lab.upload('a', Buffer.from('no')), withCode('INVALID_MODEL', { stage: 'checked' })],
      ['empty', () => lab.upload('a', Buffer.alloc(0)), withCode('INVALID_MODEL', { stage: 'checked' })],
      ['too large', () => lab.upload('a', Buffer.alloc(4_000_001)), withCode('MODEL_TOO_LARGE', { stage: 'read' })],
      [
        'other digest',
        () => lab.upload('a', good, { expectedDigest: digestOf(Buffer.from('x')) }),
        withCode('DIGEST_MISMATCH', { stage: 'read' }),
      ],
      ['aborted', () => lab.upload('a', good, { signal: never.signal }), withCode('ABORTED', { stage: 'read' })],
      ['bad name', () => lab.upload('a b', good), withCode('INVALID_INPUT', { field: 'name' })],
      ['no such model', () => lab.upload('a', good, { create: false }), withCode('MODEL_NOT_FOUND')],
    ];
    for (const [what, upload, matches] of refusals) await assert.rejects(upload(), matches, what);
    assert.deepEqual(lab.registry.list(), []);
    assert.equal(await lab.blobCount(), 0);
  });

  it('is refused with the stage at which the runtime refused it', async () => {
    await using lab = await registryLab();
    lab.testLoad = async () => {
      throw new ModelManagementError('INVALID_MODEL', 'no such operator', 'export again');
    };
    await assert.rejects(lab.upload('a', modelNumber(1)), withCode('INVALID_MODEL', { stage: 'test-loaded' }));
    lab.testLoad = async () => ({ inputs: [{ name: 'z', type: 'float32', shape: [] }], outputs: [] });
    await assert.rejects(lab.upload('a', modelNumber(1)), withCode('INVALID_MODEL', { stage: 'test-loaded' }));
    lab.testLoad = undefined;
    lab.prepareAlias = async () => {
      throw new ModelManagementError('VERSION_UNUSABLE', 'crashes', 'export again');
    };
    await assert.rejects(lab.upload('a', modelNumber(1)), withCode('VERSION_UNUSABLE'));
    assert.deepEqual([lab.registry.list(), await lab.blobCount()], [[], 0]);
  });

  it('takes the same file twice only when told to', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    await assert.rejects(lab.upload('iris', modelNumber(1)), withCode('DUPLICATE_VERSION', { version: 1 }));
    assert.equal(await lab.blobCount(), 1, 'the refused upload did not take the file of version 1 with it');
    assert.equal((await lab.upload('iris', modelNumber(1), { allowDuplicate: true })).version, 2);
    assert.equal((await lab.upload('other', modelNumber(1))).version, 1);
    let tested = 0;
    lab.testLoad = async () => {
      tested++;
      await waitFor(() => tested === 2);
      return modelNumber(5);
    };
    const both = await Promise.allSettled([lab.upload('iris', modelNumber(5)), lab.upload('iris', modelNumber(5))]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(await lab.blobCount(), 2);
  });

  it('counts a deleted version as no duplicate', async () => {
    await using lab = await registryLab();
    for (const n of [1, 2]) await lab.upload('iris', modelNumber(n));
    await lab.registry.deleteVersion('iris', 2, null);
    assert.equal((await lab.upload('iris', modelNumber(2))).version, 3);
  });

  it('is cut short by its signal while the sender is silent, and does not destroy the sender', async () => {
    await using lab = await registryLab();
    const body = new PassThrough();
    body.write(buildModel(modelNumber(1)).subarray(0, 20));
    const abort = new AbortController();
    const upload = lab.upload('iris', Buffer.alloc(0), { body, signal: abort.signal });
    const refused = assert.rejects(upload, withCode('ABORTED', { stage: 'read' }));
    await waitFor(() => body.readableLength === 0);
    abort.abort();
    await refused;
    assert.equal(body.destroyed, false);
    assert.equal(await lab.blobCount(), 0);
    body.destroy();
  });

  it('becomes no version when it is cancelled while it is tested', async () => {
    await using lab = await registryLab();
    const abort = new AbortController();
    lab.testLoad = async () => {
      abort.abort();
      return modelNumber(1);
    };
    await assert.rejects(lab.upload('iris', modelNumber(1), { signal: abort.signal }), withCode('ABORTED'));
    assert.deepEqual(lab.events, ['prepare deployed 1', 'abandon deployed 1']);
    assert.deepEqual([lab.registry.list(), await lab.blobCount()], [[], 0]);
  });

  it('keeps the name as it was first written', async () => {
    await using lab = await registryLab();
    const uploads = ['Iris', 'IRIS', 'iris'].map((name, n) => lab.upload(name, modelNumber(n)));
    const names = new Set((await Promise.all(uploads)).map(({ model }) => model));
    assert.equal(names.size, 1);
    assert.equal(lab.registry.list().length, 1);
  });

  it('is not compared with the version deployed before a model of the same name was deleted', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    await lab.registry.deleteModel('iris', {}, null);
    const version = await lab.registry.addVersion('iris', anUpload(buildModel(identityModel('int64'))), null);
    assert.deepEqual([version.version, version.aliases], [2, ['deployed']]);
  });
});
