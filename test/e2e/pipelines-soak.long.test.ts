import assert from 'node:assert/strict';
import { processMemoryBytes } from '../../lib/inference/processes/process-memory';
import { heldBytes, inspectable } from '../support/held-memory';
import { ModelLab } from '../support/model-lab';
import { mosquittoPath } from '../support/mosquitto';
import { pipelineCalls, startPlusPipeline } from '../support/pipeline-calls';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';

/** So many again to warm up: until then the heap takes the size that this load wants. */
const MESSAGE_COUNT = 100_000;
const WINDOW = 200;
/** 10 bytes a message. It is 0.2 to 0.4 MB more where nothing is kept, and 4.7 MB where the id of each run is. */
const HELD_BYTES = 1_048_576;
/** What lies outside of what JavaScript holds; how much of it the process gives back is up to V8 and the allocator. */
const PROCESS_BYTES = 40 * 1_048_576;

describe('a pipeline that is looked at for long', function () {
  this.timeout(600_000);
  let lab: ModelLab;
  let editor: Editor;
  let id: string;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, process.platform === 'linux', 'the memory of a process');
    lab = await ModelLab.start({ nodeArguments: inspectable });
    ({ id } = await startPlusPipeline(lab));
    editor = await Editor.open(lab.nodeRed);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    await sidebar.getByRole('button', { name: /Test tab/ }).click();
    await editor.page.locator('.mm-tray .mm-drawing').waitFor();
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const { settledCounters } = pipelineCalls(
    () => lab,
    () => id,
  );

  /** Sends `count` messages, never more than a window ahead of the answers. */
  const flood = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; ) {
      // The listener would be what grows.
      lab.mqtt.received.length = 0;
      for (const end = sent + WINDOW; sent < end; sent += 1) await lab.mqtt.publish('in', [sent, 0, 0, 0]);
      await waitFor(() => lab.mqtt.received.length >= WINDOW, {
        what: 'the answers',
        intervalMs: 2,
      });
    }
  };

  const processBytes = async (): Promise<number> => (await processMemoryBytes(lab.nodeRed.pid)) ?? Number.NaN;

  it('accounts for each of 200,000 messages, and Node-RED holds no more memory after the second half', async () => {
    const before = await settledCounters();
    await flood(MESSAGE_COUNT);
    // Runs that are still followed are held, too.
    await settledCounters();
    const warm = { heldBytes: await heldBytes(lab.nodeRed), processBytes: await processBytes() };
    await flood(MESSAGE_COUNT);
    const after = await settledCounters();
    assert.deepEqual(after, { ...before, runs: before.runs + 2 * MESSAGE_COUNT }, 'each run succeeded');
    const held = (await heldBytes(lab.nodeRed)) - warm.heldBytes;
    assert.ok(held < HELD_BYTES, `it holds ${held} bytes more, ${held / MESSAGE_COUNT} for each message`);
    const grown = (await processBytes()) - warm.processBytes;
    assert.ok(grown < PROCESS_BYTES, `its process grew by ${Math.round(grown / 1_048_576)} MiB`);
    await editor.page.locator('.mm-tray').getByText('listening, succeeded').first().waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});
