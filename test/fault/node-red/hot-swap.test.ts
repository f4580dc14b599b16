import assert from 'node:assert/strict';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const MESSAGE_COUNT = 10_000;
const SWAP_COUNT = 20;
const WINDOW_COUNT = 100;
/** Version v adds v million, so an answer tells which message and which version it is of. */
const OFFSET = 1_000_000;

interface Answer {
  readonly index: number;
  readonly version: number;
  readonly waitedMs: number;
}

/** All four numbers of an answer must be of the same version: one of two would be a mixture. */
function decode(text: Buffer, sentAtMs: readonly number[]): Answer {
  const values = JSON.parse(text.toString()) as number[];
  const [first = Number.NaN] = values;
  const [index, version] = [first % OFFSET, Math.floor(first / OFFSET)];
  assert.deepEqual(values, [first, first + 1, first + 2, first + 3]);
  return { index, version, waitedMs: performance.now() - (sentAtMs[index] ?? Number.NaN) };
}

describe(`hot swaps under load in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(180_000);

  it('GIVEN_10000_messages_as_fast_as_they_are_answered_WHEN_versions_are_swapped_20_times_THEN_none_is_lost_late_or_mixed', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using lab = await ModelLab.start();
    for (const version of [1, 2, 3]) await lab.upload('plus', addModel(version * OFFSET));
    await lab.deployFlow('plus');
    const client = await lab.broker.connect();
    const sentAtMs: number[] = [];
    const answers: Answer[] = [];
    const faults: unknown[] = [];
    /** Messages sent after a swap had answered, and the version they must have. */
    const commits: { readonly from: number; readonly version: number; to: number }[] = [];
    let isSwapping = true;
    const send = (): void => {
      if (sentAtMs.length >= MESSAGE_COUNT && !isSwapping) return;
      const index = sentAtMs.length;
      sentAtMs.push(performance.now());
      client.publish('in', JSON.stringify([index, index + 1, index + 2, index + 3]));
    };
    client.on('message', (_topic, text) => {
      try {
        answers.push(decode(text, sentAtMs));
      } catch (error) {
        faults.push(error);
      }
      send();
    });
    await client.subscribeAsync('out');
    for (let n = 0; n < WINDOW_COUNT; n += 1) send();
    for (let swap = 0; swap < SWAP_COUNT || sentAtMs.length < MESSAGE_COUNT; swap += 1) {
      const version = ((swap + 1) % 3) + 1;
      const current = commits.at(-1);
      if (current) current.to = sentAtMs.length;
      await lab.setDeployed('plus', version);
      commits.push({ from: sentAtMs.length, version, to: Number.POSITIVE_INFINITY });
      const from = answers.length;
      await waitFor(() => answers.length > from + WINDOW_COUNT || faults.length > 0, {
        what: 'answers after the swap',
      });
    }
    isSwapping = false;
    await waitFor(() => answers.length + faults.length >= sentAtMs.length, { what: 'the last answers' });
    await client.endAsync(true);

    assert.deepEqual(faults, []);
    assert.deepEqual(lab.mqtt.on('errors'), []);
    assert.ok(sentAtMs.length >= MESSAGE_COUNT && commits.length >= SWAP_COUNT);
    assert.deepEqual(
      answers.map(({ index }) => index),
      sentAtMs.map((_, index) => index),
    );
    for (const { from, version, to } of commits) {
      const seen = new Set(answers.filter(({ index }) => index >= from && index < to).map((answer) => answer.version));
      assert.deepEqual([...seen], [version]);
    }
    const waits = Float64Array.from(answers, ({ waitedMs }) => waitedMs).sort();
    const at = (ratio: number): string => (waits[Math.floor((waits.length - 1) * ratio)] ?? Number.NaN).toFixed(1);
    process.stderr.write(
      `${sentAtMs.length} messages, ${commits.length} swaps: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms\n`,
    );
  });
});
