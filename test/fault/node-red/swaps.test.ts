import assert from 'node:assert/strict';
import { modelFlow } from '../../support/flows';
import { ModelLab, roomForStream, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { childPids, commandLine } from '../../support/process-state';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const offset = 1_000_000;
const indexOf = (answer: unknown): number => ((answer as number[])[0] ?? Number.NaN) % offset;

const enginePids = (pid: number): readonly number[] =>
  childPids(pid).filter((child) => commandLine(child).includes('engine-process'));
const versionOf = (answer: unknown): number => Math.floor(((answer as number[])[0] ?? Number.NaN) / offset);

describe(`versions that come and go in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(180_000);
  beforeEach(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('GIVEN_a_stream_WHEN_version_after_version_is_deployed_THEN_never_more_than_two_processes_run_and_one_in_the_end', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the process table of Linux');
    await using lab = await ModelLab.start();
    const versions = [1, 2, 3, 4, 5, 6];
    for (const version of versions) await lab.upload('plus', addModel(version * offset));
    await lab.deployFlow('plus', { node: roomForStream });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    await waitFor(() => lab.mqtt.on('out').length > 20);
    let mostCount = 0;
    const watching = setInterval(() => {
      mostCount = Math.max(mostCount, enginePids(lab.nodeRed.pid).length);
    }, 5);
    try {
      for (const version of versions.slice(1)) {
        await lab.setDeployed('plus', version);
        await waitFor(() => enginePids(lab.nodeRed.pid).length === 1, { what: 'the old version to end' });
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
    await lab.deployFlow('plus', { node: roomForStream });
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

  it('GIVEN_a_node_on_latest_and_a_stream_WHEN_versions_are_uploaded_THEN_it_follows_them_and_loses_nothing', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(offset));
    await lab.deployFlow('plus', { node: { ...roomForStream, version: 'latest' } });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    for (const version of [2, 3, 4]) {
      await lab.upload('plus', addModel(version * offset));
      await waitFor(() => lab.mqtt.on('out').some((answer) => versionOf(answer) === version));
    }
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length >= sentCount);
    assert.deepEqual(
      lab.mqtt.on('out').map(indexOf),
      Array.from({ length: sentCount }, (_, index) => index),
    );
    assert.deepEqual(lab.mqtt.on('errors'), []);
  });

  it('GIVEN_a_node_on_an_alias_WHEN_the_alias_is_deleted_and_set_again_THEN_it_fails_meanwhile_and_recovers', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(offset), 'create=true&alias=canary');
    await lab.deployFlow('plus', { node: { version: 'canary' } });
    assert.equal(versionOf(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out')), 1);
    assert.equal((await lab.nodeRed.api('DELETE', 'models/plus/aliases/canary?force=true')).status, 204);
    const failure = (await lab.mqtt.ask('in', [0, 0, 0, 0], 'errors')) as { code: string; message: string };
    assert.equal(failure.code, 'MODEL_NOT_FOUND');
    assert.match(failure.message, /canary/);
    await lab.nodeRed.api('PUT', 'models/plus/aliases/canary', { version: 1 });
    assert.equal(versionOf(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out')), 1);
  });

  it('GIVEN_no_process_left_WHEN_a_node_of_another_model_is_removed_THEN_the_waiting_one_answers', async () => {
    await using lab = await ModelLab.start({ modelManagement: { engine: { maxProcesses: 1 } } });
    await lab.upload('plus', addModel(offset));
    await lab.upload('other', addModel(2 * offset));
    const holder = { id: 'holder', type: 'onnx-model', z: 'tab', model: 'other', x: 300, y: 500, wires: [[]] };
    await lab.nodeRed.deploy([holder, ...modelFlow({ model: 'none', brokerPort: lab.broker.port })]);
    await waitFor(async () =>
      (await lab.engineModels()).some(({ model, state }) => model === 'other' && state === 'ready'),
    );
    await lab.nodeRed.deploy([holder, ...modelFlow({ model: 'plus', brokerPort: lab.broker.port })], 'nodes');
    await lab.untilFlowListens();
    const failure = (await lab.mqtt.ask('in', [0, 0, 0, 0], 'errors')) as { code: string };
    assert.equal(failure.code, 'ENGINE_FULL');
    await lab.nodeRed.deploy(modelFlow({ model: 'plus', brokerPort: lab.broker.port }), 'nodes');
    await waitFor(async () => {
      await lab.mqtt.publish('in', [0, 0, 0, 0]);
      return lab.mqtt.on('out').length > 0;
    });
    assert.equal(versionOf(lab.mqtt.on('out')[0]), 1);
  });
});
