import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { ModelManagementError } from '../../../lib/errors';
import { Digest } from '../../../lib/ids';
import { silentLog } from '../../../lib/log';
import { inspectFiles } from '../../../lib/registry/inspection';
import { openEngineLab } from '../../support/engine-lab';
import { mutated, runsOf } from '../../support/mutations';
import { callTree } from '../../support/onnx-functions';
import { buildModel, irisModel, loopModel, twoInputModel } from '../../support/onnx-models';
import { temporaryFolder } from '../../support/temporary-folder';

const models = [
  ...[irisModel(1), irisModel(2), irisModel(3), twoInputModel(), loopModel()].map((spec) => buildModel(spec)),
  callTree(3, 2),
];

/** Mutated models that our reader takes and the runtime loads must have the same names for both. */
export async function compareReaders(numRuns: number): Promise<void> {
  await using folder = await temporaryFolder();
  await using lab = await openEngineLab({ options: { loadTimeoutMs: 10_000, requestTimeoutMs: 3_000 } });
  const path = join(folder.path, 'model.onnx');
  const blob = { path, digest: Digest.parse(`sha256:${'0'.repeat(64)}`), sizeBytes: 0, release: () => undefined };
  let loadedCount = 0;
  const testLoad = async () => {
    const signature = await lab.engine.probe({ key: 'fuzz', model: 'upload', version: null, modelPath: path });
    loadedCount++;
    return signature;
  };
  const property = fc.asyncProperty(mutated(models), async (bytes) => {
    await writeFile(path, bytes);
    try {
      await inspectFiles({ model: blob }, { testLoad, log: silentLog }, new AbortController().signal);
    } catch (error) {
      if (!ModelManagementError.is(error)) throw error;
      assert.equal(error.code, 'INVALID_MODEL', error.message);
      assert.doesNotMatch(error.message, /^The runtime sees/);
    }
  });
  await fc.assert(property, runsOf(numRuns));
  assert.ok(loadedCount > numRuns / 100, `only ${loadedCount} of ${numRuns} models were loaded`);
}
