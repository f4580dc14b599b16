import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AdminClient } from '../../support/admin-client';
import { HealthWatch, healthWords } from '../../support/health-watch';
import { hostileArchives } from '../../support/hostile-archives';
import { hostileModels } from '../../support/hostile-models';
import { hostileVersionJson } from '../../support/hostile-version-json';
import { type Leftovers, leftoversOf, untilOnlyLeft } from '../../support/leftovers';
import { addModel, buildModel } from '../../support/onnx-models';
import { rawArchive, rawEntry } from '../../support/raw-tar';
import { UploadLab } from '../../support/upload-lab';

const GIB = 2 ** 30;
const never = 'models/never/versions?create=true';
const tar = { 'content-type': 'application/x-tar' };

describe('hostile files over HTTP', function () {
  this.timeout(60_000);
  let lab: UploadLab;
  let api: AdminClient;
  let untouched: Leftovers;
  let watch: HealthWatch;

  before(async () => {
    // Files are tried in the background: where others want the processor, a process takes seconds to come up.
    const engine = { loadTimeoutMs: 8_000, requestTimeoutMs: 4_000, memoryLimitBytes: GIB };
    lab = await UploadLab.start({ modelManagement: { engine } });
    ({ api } = lab);
    // Loads the runtime's answer for health, and shows that good files pass under these limits.
    await api.ok(201, 'POST', 'models/plus/versions', lab.nextModel());
    await api.ok(200, 'GET', 'health');
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

  const leavesNothing = async (): Promise<void> => {
    await api.refused(404, 'MODEL_NOT_FOUND', 'GET', 'models/never');
    // Its process is one of those untouched, and ends by itself after five minutes without a request.
    await api.ok(200, 'POST', 'models/plus/versions/1/infer', { payload: [1, 2, 3, 4] });
    await untilOnlyLeft(lab.nodeRed, untouched);
  };

  for (const { name, bytes, stage, words } of hostileModels) {
    it(`a model with ${name} is refused as ${stage}, in words, and leaves nothing`, async () => {
      const body = bytes();
      // Building some takes seconds, in which Node-RED closes connections that this process still takes for open.
      await nextTurn();
      const error = await api.refused(422, 'INVALID_MODEL', 'POST', never, body);
      assert.match(error.message, words);
      assert.equal(error.details?.['stage'], stage);
      await leavesNothing();
    });
  }

  const model = buildModel(addModel(-7));
  for (const { name, bytes, words } of hostileArchives) {
    it(`an archive with ${name} is refused in words, and leaves nothing`, async () => {
      const error = await api.refused(422, 'INVALID_MODEL', 'POST', never, bytes(model), tar);
      assert.match(error.message, words);
      await leavesNothing();
    });
  }

  for (const [name, content, words] of hostileVersionJson) {
    it(`a version.json with ${name} is refused in words, and leaves nothing`, async () => {
      const json = rawEntry({ name: 'version.json' }, content);
      const archive = rawArchive(rawEntry({ name: 'model.onnx' }, model), json);
      const error = await api.refused(422, 'INVALID_MODEL', 'POST', never, archive, tar);
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
      await nextTurn();
      const archive = rawArchive(rawEntry({ name: 'model.onnx' }, second), first);
      const error = await api.refused(422, 'INVALID_MODEL', 'POST', never, archive, tar);
      assert.match(error.message, words);
      assert.equal(error.details?.['stage'], stage);
      await leavesNothing();
    });
  }
});
