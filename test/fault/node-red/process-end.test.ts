import assert from 'node:assert/strict';
import { modelFlow } from '../../support/flows';
import { ModelLab, roomForStream, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel, loopModel } from '../../support/onnx-models';
import { isRunning } from '../../support/process-state';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

/** Hangs the loop model. */
const endless = 1e12;
const byRounds = [
  { input: 'n', value: 'payload', valueType: 'msg' },
  { input: 'x', value: '[7]', valueType: 'json' },
];

describe(`the end of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  beforeEach(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  const enginePids = async (lab: ModelLab): Promise<number[]> =>
    (await lab.engineModels()).flatMap(({ pid }) => (pid === null ? [] : [pid]));

  /** A lab whose engine hangs in a request, beside a second one that is idle. */
  const startBusy = async (): Promise<ModelLab> => {
    const lab = await ModelLab.start();
    await lab.upload('slow', loopModel());
    await lab.upload('plus', addModel(1));
    await lab.nodeRed.deploy([
      ...modelFlow({ model: 'slow', brokerPort: lab.broker.port, node: { inputMap: byRounds } }),
      { id: 'idle', type: 'onnx-model', z: 'tab', model: 'plus', x: 300, y: 500, wires: [[]] },
    ]);
    await lab.untilFlowListens();
    await lab.mqtt.ask('in', 1, 'out');
    await lab.mqtt.publish('in', endless);
    await waitFor(async () => {
      const models = await lab.engineModels();
      const isHanging = models.some(({ model, queue }) => model === 'slow' && queue > 0);
      return isHanging && models.some(({ model, state }) => model === 'plus' && state === 'ready');
    });
    return lab;
  };

  it('GIVEN_a_stream_WHEN_Node_RED_is_killed_THEN_no_engine_stays_and_the_next_start_answers_with_the_same_version', async () => {
    await using lab = await ModelLab.start();
    for (const constant of [1, 2]) await lab.upload('plus', addModel(constant));
    await lab.deployFlow('plus', { node: roomForStream });
    await lab.setDeployed('plus', 2);
    assert.deepEqual(await lab.mqtt.ask('in', [0, 0, 0, 0], 'out'), [2, 2, 2, 2]);
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    await waitFor(() => lab.mqtt.on('out').length > 50);
    const pids = await enginePids(lab);
    assert.equal(pids.length, 1);
    await lab.nodeRed.stop('SIGKILL');
    await waitFor(() => !pids.some(isRunning), { what: 'the engines to end' });
    await lab.nodeRed.restart();
    await lab.untilFlowListens();
    const from = lab.mqtt.on('out').length;
    await waitFor(() => lab.mqtt.on('out').length > from + 50);
    await stream.stop();
    assert.deepEqual(lab.mqtt.on('errors'), []);
    assert.deepEqual(new Set(lab.mqtt.on('out').map((answer) => (answer as number[])[1])), new Set([2]));
  });

  it('GIVEN_an_engine_that_hangs_in_a_request_WHEN_Node_RED_is_killed_THEN_no_engine_stays', async () => {
    await using lab = await startBusy();
    const pids = await enginePids(lab);
    assert.equal(pids.length, 2);
    await lab.nodeRed.stop('SIGKILL');
    await waitFor(() => !pids.some(isRunning), { what: 'the engines to end' });
  });

  it('GIVEN_an_engine_that_hangs_in_a_request_WHEN_Node_RED_is_told_to_stop_THEN_it_and_its_engines_end_long_before_the_request_would', async () => {
    await using lab = await startBusy();
    const { pid } = lab.nodeRed;
    const pids = await enginePids(lab);
    process.kill(pid, 'SIGTERM');
    // Node-RED would wait 15 s for a node, and the request has 30 s.
    await waitFor(() => ![pid, ...pids].some(isRunning), { what: 'all processes to end', timeoutMs: 12_000 });
  });
});
