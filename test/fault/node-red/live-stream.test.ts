import assert from 'node:assert/strict';
import { ModelLab, roomForStream, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Health {
  readonly engine: {
    readonly models: readonly {
      readonly model: string;
      readonly version: number;
      readonly pid: number | null;
      readonly state: string;
    }[];
  };
}

/** Version v of the model adds 1000 v, so an answer tells which message and which version it is of. */
const offset = 1_000_000;
const decode = (answer: unknown): { index: number; version: number } => {
  const value = (answer as number[])[0] ?? Number.NaN;
  return { index: value % offset, version: Math.floor(value / offset) };
};

describe(`a stream of 200 messages a second in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  beforeEach(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('GIVEN_a_stream_WHEN_ten_swaps_and_rollbacks_happen_THEN_every_message_is_answered_once_and_in_order', async () => {
    await using lab = await ModelLab.start();
    for (const version of [1, 2, 3]) await lab.upload('plus', addModel(version * offset));
    await lab.deployFlow('plus', { node: roomForStream });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    const seenVersions = new Set<number>();
    for (let swap = 0; swap < 10; swap += 1) {
      if (swap % 2 === 0) {
        await lab.setDeployed('plus', (swap % 3) + 1 === 1 ? 2 : 3);
      } else {
        const answer = await lab.nodeRed.api('POST', 'models/plus/rollback');
        assert.equal(answer.status, 200, answer.text);
      }
      const from = lab.mqtt.on('out').length;
      await waitFor(() => lab.mqtt.on('out').length > from + 5, { what: 'answers after the swap' });
    }
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length + lab.mqtt.on('errors').length >= sentCount, { what: 'all answers' });
    assert.deepEqual(lab.mqtt.on('errors'), []);
    const answers = lab.mqtt.on('out').map(decode);
    for (const { version } of answers) seenVersions.add(version);
    assert.deepEqual(
      answers.map(({ index }) => index),
      Array.from({ length: sentCount }, (_, index) => index),
    );
    assert.deepEqual([...seenVersions].sort(), [1, 2, 3]);
  });

  it('GIVEN_a_version_deployed_WHEN_the_request_has_answered_THEN_every_message_sent_after_it_is_answered_by_it', async () => {
    await using lab = await ModelLab.start();
    for (const version of [1, 2]) await lab.upload('plus', addModel(version * offset));
    await lab.deployFlow('plus', { node: roomForStream });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    for (const version of [2, 1, 2, 1, 2]) {
      await lab.setDeployed('plus', version);
      const firstAfter = stream.sentCount;
      await waitFor(() => lab.mqtt.on('out').length > firstAfter + 20);
      const after = lab.mqtt
        .on('out')
        .map(decode)
        .filter(({ index }) => index >= firstAfter);
      assert.deepEqual(new Set(after.map((answer) => answer.version)), new Set([version]));
    }
    await stream.stop();
  });

  it('GIVEN_a_stream_WHEN_the_engine_is_killed_THEN_only_messages_in_it_may_err_and_the_rest_is_answered', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(offset));
    await lab.deployFlow('plus', { node: roomForStream });
    const stream = startStream(lab.mqtt, 200, (index) => [index, 0, 0, 0]);
    const pidOf = async (): Promise<number | undefined> => {
      const { body } = await lab.nodeRed.api<Health>('GET', 'health');
      return body.engine.models.find(({ model, state }) => model === 'plus' && state === 'ready')?.pid ?? undefined;
    };
    for (let kill = 0; kill < 3; kill += 1) {
      const pid = await waitFor(pidOf, { what: 'a running engine' });
      const from = lab.mqtt.on('out').length;
      process.kill(pid, 'SIGKILL');
      await waitFor(
        async () => {
          const next = await pidOf();
          return next !== undefined && next !== pid && lab.mqtt.on('out').length > from + 20;
        },
        { what: 'another engine that answers' },
      );
    }
    const sentCount = await stream.stop();
    await waitFor(() => lab.mqtt.on('out').length + lab.mqtt.on('errors').length >= sentCount, {
      what: 'an answer or error for each message',
    });
    const answered = lab.mqtt.on('out').map((answer) => decode(answer).index);
    const errors = lab.mqtt.on('errors') as { payload: number[] }[];
    const all = [...answered, ...errors.map(({ payload }) => payload[0] ?? -1)].sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: sentCount }, (_, index) => index),
      'each message once',
    );
    assert.ok(errors.length <= 3 * 64, `${errors.length} errors`);
    assert.deepEqual(
      answered,
      [...answered].sort((a, b) => a - b),
      'in order',
    );
  });

  it('GIVEN_a_stream_with_QoS_1_WHEN_the_broker_restarts_THEN_the_flow_answers_again', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(offset));
    await lab.deployFlow('plus', { qos: 1 });
    assert.deepEqual(decode(await lab.mqtt.ask('in', [7, 0, 0, 0], 'out')), { index: 7, version: 1 });
    await lab.broker.pause();
    await lab.broker.resume();
    await waitFor(
      async () => {
        await lab.mqtt.publish('in', [8, 0, 0, 0]);
        return lab.mqtt.on('out').some((answer) => decode(answer).index === 8);
      },
      { what: 'an answer after the restart of the broker', timeoutMs: 40_000, intervalMs: 200 },
    );
    assert.deepEqual(lab.mqtt.on('errors'), []);
  });
});
