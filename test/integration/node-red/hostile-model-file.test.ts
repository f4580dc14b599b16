import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryModel } from '../../support/fault-models';
import { HealthWatch } from '../../support/health-watch';
import { hostileModels } from '../../support/hostile-models';
import { leftoversOf } from '../../support/leftovers';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Failure {
  readonly code: string;
  readonly message: string;
}

const GIB = 2 ** 30;

describe('a node whose model is hostile', function () {
  this.timeout(120_000);
  let lab: ModelLab;
  let watch: HealthWatch;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    // Time enough to start a process on a busy machine and to end its first run: each file fails by a limit of its own.
    const engine = { loadTimeoutMs: 8_000, requestTimeoutMs: 1_500, memoryLimitBytes: GIB };
    lab = await ModelLab.start({ modelManagement: { engine } });
    watch = await HealthWatch.start(lab.nodeRed);
  });
  after(async () => {
    const record = await watch?.stop();
    await lab?.[Symbol.asyncDispose]();
    // A promise of the product, not a measurement of the machine: whatever a model does, Node-RED answers within a second.
    if (record) assert.ok(record.slowestMs < 1_000 && record.failureCount === 0, JSON.stringify(record));
  });

  const chosen = hostileModels.filter(({ name }) => /^random|hidden|^Expand|unfold|2\^31|20,000/.test(name));
  for (const [index, { name, bytes, words }] of chosen.entries()) {
    it(`from a file with ${name} fails in words, leaves no process, and works when the file is mended`, async () => {
      const { userDir } = lab.nodeRed;
      const loadedCount = (await lab.engineModels()).length;
      await writeFile(join(userDir, 'own.onnx'), bytes());
      await lab.deployFlow('', { node: { source: 'file', file: 'own.onnx' } });
      const failure = (await lab.mqtt.ask('in', [1, 2, 3, 4], 'errors', 30_000)) as Failure;
      assert.equal(failure.code, 'INVALID_MODEL');
      assert.match(failure.message, words);
      assert.ok(!failure.message.includes(userDir), failure.message);
      await waitFor(async () => (await leftoversOf(lab.nodeRed)).engineFolderCount === loadedCount, {
        what: 'no process but those of the files before',
      });

      await writeFile(join(userDir, 'own.onnx'), buildModel(addModel(index)));
      await waitFor(
        async () => (await lab.engineModels()).filter(({ state }) => state === 'ready').length > loadedCount,
        {
          what: 'the mended file to be loaded',
          timeoutMs: 40_000,
        },
      );
      assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [1 + index, 2 + index, 3 + index, 4 + index]);
    });
  }

  it('in service refuses the message that would take 40 GB, and answers the next one from the same process', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the memory limit of Linux');
    await lab.upload('memory', memoryModel());
    await lab.deployFlow('memory');
    assert.equal(await lab.mqtt.ask('in', [3], 'out'), 3);
    const pids = (await lab.engineModels()).map(({ pid }) => pid);
    const failure = (await lab.mqtt.ask('in', [10 * GIB], 'errors')) as Failure;
    assert.equal(failure.code, 'INFERENCE_FAILED');
    assert.match(failure.message, /more memory for this input than `engine.memoryLimitBytes` allows/);
    assert.equal(await lab.mqtt.ask('in', [4], 'out'), 4);
    assert.deepEqual(
      (await lab.engineModels()).map(({ pid }) => pid),
      pids,
    );
  });
});
