import assert from 'node:assert/strict';
import { processMemoryBytes } from '../../lib/inference/processes/process-memory';
import type { PipelineView } from '../../lib/pipeline/pipelines/views';
import { modelFlow } from '../support/flows';
import { ModelLab } from '../support/model-lab';
import { mosquittoPath } from '../support/mosquitto';
import { addModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';

const MESSAGE_COUNT = 200_000;
/** Until then the heap takes the size that this load wants; then it stays. */
const WARM_COUNT = 100_000;
const WINDOW = 200;
/** What is kept of each run would be far more, if anything were. */
const GROWTH_BYTES = 40 * 1_048_576;

describe('a pipeline that is looked at for long', function () {
  this.timeout(600_000);

  it('accounts for each of 200,000 messages, and the memory of Node-RED stays flat', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, process.platform === 'linux', 'the memory of a process');
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    const flow = modelFlow({ model: 'plus', brokerPort: lab.broker.port });
    const id = flow.find(({ type }) => type === 'tab')?.id ?? '';
    await lab.nodeRed.deploy(flow);
    await lab.untilFlowListens();
    await using editor = await Editor.open(lab.nodeRed);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Pipelines' }).click();
    await sidebar.getByRole('button', { name: /Test tab/ }).click();
    await editor.page.locator('.mm-tray .mm-drawing').waitFor();
    const counters = async () => (await lab.nodeRed.api<PipelineView>('GET', `pipelines/${id}`)).body.counters;
    // The probes are runs, too.
    await lab.nodeRed.deploy(flow.filter((node) => !node.id.startsWith('probe')));
    await waitFor(async () => (await lab.mqtt.ask('in', [0, 0, 0, 0], 'out')) !== undefined);
    lab.mqtt.received.length = 0;
    const memory = async (): Promise<number> => (await processMemoryBytes(lab.nodeRed.pid)) ?? Number.NaN;
    const before = await counters();
    let warm = 0;
    for (let sent = 0; sent < MESSAGE_COUNT; ) {
      for (const end = sent + WINDOW; sent < end; sent += 1) await lab.mqtt.publish('in', [sent, 0, 0, 0]);
      await waitFor(() => lab.mqtt.received.length >= WINDOW, {
        what: 'the answers',
        intervalMs: 2,
        timeoutMs: 30_000,
      });
      // The listener would be what grows.
      lab.mqtt.received.length = 0;
      if (sent === WARM_COUNT) warm = await memory();
    }
    const after = await counters();
    assert.deepEqual(
      [after.runs - before.runs, after.failed - before.failed, after.dropped - before.dropped],
      [MESSAGE_COUNT, 0, 0],
    );
    const grown = (await memory()) - warm;
    assert.ok(grown < GROWTH_BYTES, `it grew by ${Math.round(grown / 1_048_576)} MiB`);
    await editor.page.locator('.mm-tray').getByText('listening, succeeded').first().waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});
