import assert from 'node:assert/strict';
import { ModelLab, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { childPids } from '../../support/process-state';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const offset = 1_000_000;
const indexOf = (answer: unknown): number => ((answer as number[])[0] ?? Number.NaN) % offset;

describe(`versions that come and go in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  beforeEach(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('GIVEN_a_stream_WHEN_version_after_version_is_deployed_THEN_never_more_than_two_processes_run_and_one_in_the_end', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the process table of Linux');
    await using lab = await ModelLab.start();
    const versions = [1, 2, 3, 4, 5, 6];
    for (const version of versions) await lab.upload('plus', addModel(version * offset));
    await lab.deployFlow('plus');
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    await waitFor(() => lab.mqtt.on('out').length > 20);
    let mostCount = 0;
    const watching = setInterval(() => {
      mostCount = Math.max(mostCount, childPids(lab.nodeRed.pid).length);
    }, 5);
    try {
      for (const version of versions.slice(1)) {
        await lab.setDeployed('plus', version);
        await waitFor(() => childPids(lab.nodeRed.pid).length === 1, { what: 'the old version to end' });
      }
    } finally {
      clearInterval(watching);
    }
    assert.equal(mostCount, 2);
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length >= sentCount);
    assert.deepEqual(
      lab.mqtt.on('out').map(indexOf),
      Array.from({ length: sentCount }, (_, index) => index),
    );
    assert.deepEqual(lab.mqtt.on('errors'), []);
    assert.deepEqual(
      (await lab.engineModels()).map(({ version }) => version),
      [6],
    );
  });

  it('GIVEN_a_stream_WHEN_the_model_is_deleted_by_force_and_uploaded_again_THEN_each_message_is_answered_or_fails_once', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(offset));
    await lab.deployFlow('plus');
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    for (const version of [2, 3]) {
      const from = lab.mqtt.on('out').length;
      await waitFor(() => lab.mqtt.on('out').length > from + 20, { what: 'answers' });
      assert.equal((await lab.nodeRed.api('DELETE', 'models/plus?force=true')).status, 204);
      const failedFrom = lab.mqtt.on('errors').length;
      await waitFor(() => lab.mqtt.on('errors').length > failedFrom + 20, { what: 'errors' });
      assert.equal((await lab.upload('plus', addModel(version * offset))).version, version);
    }
    const from = lab.mqtt.on('out').length;
    await waitFor(() => lab.mqtt.on('out').length > from + 20, { what: 'answers in the end' });
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length + lab.mqtt.on('errors').length >= sentCount);
    const answered = lab.mqtt.on('out').map(indexOf);
    const failed = lab.mqtt.on('errors') as { code: string; payload: number[] }[];
    assert.deepEqual(new Set(failed.map(({ code }) => code)), new Set(['MODEL_NOT_FOUND']));
    assert.deepEqual(
      [...answered, ...failed.map(({ payload }) => payload[0])].sort((a, b) => Number(a) - Number(b)),
      Array.from({ length: sentCount }, (_, index) => index),
    );
    assert.deepEqual(
      answered,
      [...answered].sort((a, b) => a - b),
      'in order',
    );
  });
});
