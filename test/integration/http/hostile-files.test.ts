import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiError } from '../../support/admin-client';
import { HealthWatch, healthWords } from '../../support/health-watch';
import { hostileArchives } from '../../support/hostile-archives';
import { type HostileModel, hostileModels } from '../../support/hostile-models';
import { hostileVersionJson } from '../../support/hostile-version-json';
import { type Leftovers, leftoversOf, untilOnlyLeft } from '../../support/leftovers';
import { addModel, buildModel } from '../../support/onnx-models';
import { rawArchive, rawEntry } from '../../support/raw-tar';
import { UploadLab } from '../../support/upload-lab';

const GIB = 2 ** 30;
const never = 'models/never/versions?create=true';
const tar = { 'content-type': 'application/x-tar' };

/**
 * A Node-RED that is watched while it refuses files, and what tests ask of it.
 * @param hasGoodModel - shows that good files pass under these limits
 */
function watchedLab(engine: Readonly<Record<string, number>>, hasGoodModel: boolean) {
  let lab: UploadLab;
  let untouched: Leftovers;
  let watch: HealthWatch;

  before(async () => {
    lab = await UploadLab.start({ modelManagement: { engine: { ...engine, memoryLimitBytes: GIB } } });
    if (hasGoodModel) await lab.api.ok(201, 'POST', 'models/plus/versions', lab.nextModel());
    // Loads the runtime's answer for health.
    await lab.api.ok(200, 'GET', 'health');
    untouched = await leftoversOf(lab.nodeRed);
    watch = await HealthWatch.start(lab.nodeRed);
  });
  after(async () => {
    try {
      const record = await watch.stop();
      process.stdout.write(`    health: ${healthWords(record)}\n`);
      assert.equal(record.failureCount, 0);
      // A promise of the product, not a measurement of the machine: whatever is uploaded, Node-RED answers within a second.
      assert.ok(record.slowestMs < 1_000, healthWords(record));
    } finally {
      await lab?.[Symbol.asyncDispose]();
    }
  });

  const refused = async (bytes: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<ApiError> => {
    // Building some takes seconds, in which Node-RED closes connections that this process still takes for open.
    await nextTurn();
    return lab.api.refused(422, 'INVALID_MODEL', 'POST', never, bytes, headers);
  };
  const leavesNothing = async (): Promise<void> => {
    await lab.api.refused(404, 'MODEL_NOT_FOUND', 'GET', 'models/never');
    // Its process is one of those untouched, and ends by itself after five minutes without a request.
    if (hasGoodModel) await lab.api.ok(200, 'POST', 'models/plus/versions/1/infer', { payload: [1, 2, 3, 4] });
    await untilOnlyLeft(lab.nodeRed, untouched);
  };
  const refuses = (models: readonly HostileModel[]): void => {
    for (const { name, bytes, stage, words } of models) {
      it(`a model with ${name} is refused as ${stage}, in words, and leaves nothing`, async () => {
        const error = await refused(bytes());
        assert.match(error.message, words);
        assert.equal(error.details?.['stage'], stage);
        await leavesNothing();
      });
    }
  };
  return { refused, refuses, leavesNothing };
}

describe('hostile files that load for ever, over HTTP', function () {
  this.timeout(180_000);
  const { refuses } = watchedLab({ loadTimeoutMs: 3_000 }, false);
  refuses(hostileModels.filter(({ loadsForEver }) => loadsForEver));
});

describe('hostile files over HTTP', function () {
  this.timeout(180_000);
  // Files are tried in the background: where others want the processor, it takes long until one is refused by its content.
  const { refused, refuses, leavesNothing } = watchedLab({ loadTimeoutMs: 60_000, requestTimeoutMs: 3_000 }, true);
  refuses(hostileModels.filter(({ loadsForEver }) => !loadsForEver));

  const model = buildModel(addModel(-7));
  for (const { name, bytes, words } of hostileArchives) {
    it(`an archive with ${name} is refused in words, and leaves nothing`, async () => {
      const error = await refused(bytes(model), tar);
      assert.match(error.message, words);
      await leavesNothing();
    });
  }

  for (const [name, content, words] of hostileVersionJson) {
    it(`a version.json with ${name} is refused in words, and leaves nothing`, async () => {
      const json = rawEntry({ name: 'version.json' }, content);
      const archive = rawArchive(rawEntry({ name: 'model.onnx' }, model), json);
      const error = await refused(archive, tar);
      assert.match(error.message, words);
      assert.equal(error.details?.['stage'], 'read');
      await leavesNothing();
    });
  }

  /** Takes the `y` that the hostile ones give. */
  const second = buildModel({
    nodes: [{ op: 'Identity', inputs: ['y'], outputs: ['z'] }],
    inputs: [{ name: 'y', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'z', type: 'float32', shape: ['N', 4] }],
  });
  const asPreprocessing = hostileModels.filter(({ name }) => /^nothing|hidden|^Expand|2\^31/.test(name));
  for (const { name, bytes, stage, words } of asPreprocessing) {
    it(`preprocessing with ${name} is refused as ${stage} as well`, async () => {
      const first = rawEntry({ name: 'preprocessing.onnx' }, bytes());
      const archive = rawArchive(rawEntry({ name: 'model.onnx' }, second), first);
      const error = await refused(archive, tar);
      assert.match(error.message, words);
      assert.equal(error.details?.['stage'], stage);
      await leavesNothing();
    });
  }
});
