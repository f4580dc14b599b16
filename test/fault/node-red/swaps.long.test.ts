import assert from 'node:assert/strict';
import { processMemoryBytes } from '../../../lib/inference/processes/process-memory';
import { ModelLab, roomForStream, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { childPids } from '../../support/process-state';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const offset = 1_000_000;
const roundCount = 10;
const versionCount = 10;
/** What a hundred swaps may add to Node-RED: one leaked codec, model or queue of each would be more. */
const growthBytes = 60 * 1024 * 1024;

describe(`a hundred swaps under a stream in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(600_000);

  it('GIVEN_a_stream_WHEN_a_hundred_versions_are_deployed_THEN_one_process_stays_and_the_memory_of_Node_RED_is_flat', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, process.platform === 'linux', 'the process table of Linux');
    await using lab = await ModelLab.start();
    for (let version = 1; version <= versionCount; version += 1) await lab.upload('plus', addModel(version * offset));
    await lab.deployFlow('plus', { node: roomForStream });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    const swapAll = async (): Promise<void> => {
      for (let version = 2; version <= versionCount + 1; version += 1) {
        await lab.setDeployed('plus', (version % versionCount) + 1);
        await waitFor(() => childPids(lab.nodeRed.pid).length === 1, { what: 'the old version to end' });
      }
    };
    await swapAll();
    const before = (await processMemoryBytes(lab.nodeRed.pid)) ?? Number.NaN;
    for (let round = 0; round < roundCount; round += 1) await swapAll();
    const after = (await processMemoryBytes(lab.nodeRed.pid)) ?? Number.NaN;
    assert.ok(after - before < growthBytes, `${before} bytes before, ${after} after`);
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length >= sentCount);
    assert.deepEqual(lab.mqtt.on('errors'), []);
    assert.deepEqual(
      lab.mqtt.on('out').map((answer) => ((answer as number[])[0] ?? Number.NaN) % offset),
      Array.from({ length: sentCount }, (_, index) => index),
    );
  });
});
