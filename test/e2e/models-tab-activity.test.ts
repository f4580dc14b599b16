import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { EngineStats } from '../../lib/inference/engine';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible, themes, useTheme } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { overflowPx } from './room';

describe('the activity of a model', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const model of ['iris', 'quiet']) {
      await nodeRed.api('POST', `models/${model}/versions?create=true`, buildModel(addModel(1)));
      await nodeRed.api('PUT', `models/${model}/aliases/deployed`, { version: 1 });
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  closeAfterEach(() => editor);

  const infer = (payload: unknown) => nodeRed.api('POST', 'models/iris/versions/1/infer', { payload });
  const open = async (model: string, options: { readonly widthPx?: number; readonly language?: string } = {}) => {
    editor = await Editor.open(nodeRed, options);
    const panel = await editor.showModels();
    // Its timers can be run ahead then.
    await editor.page.clock.install();
    await panel.getByText(model, { exact: true }).click();
    const section = editor.page.locator('.mm-activity');
    await section.waitFor();
    return section;
  };
  const words = async (section: Locator, chart: string): Promise<string> =>
    (await section.locator(`[data-chart=${chart}] figcaption`).textContent()) ?? '';

  it('says so while there was no request', async () => {
    const section = await open('quiet');
    await section.getByText(/^onnxruntime-node [\d.]+, native · no requests in this time$/).waitFor();
    assert.equal(await section.locator('canvas').count(), 0);
    await assertAccessible(editor.page, 'no activity');
  });

  it('draws requests, latencies, batches, errors and memory while they come, and stops when the tray is closed', async () => {
    for (let count = 0; count < 20; count++) await infer([[1, 2, 3, 4]]);
    const section = await open('iris');
    await section.locator('canvas').first().waitFor({ timeout: 30_000 });
    const highest = await waitFor(
      async () => {
        await infer([[1, 2, 3, 4]]);
        const [, number] = /highest ([\d.]+)/.exec(await words(section, 'rate')) ?? [];
        return Number(number) > 1 && number;
      },
      { what: 'requests in the chart' },
    );
    assert.ok(highest);
    assert.match(await words(section, 'latency'), /p50 [\d.]+ ms\s+p99 [\d.]+ ms/);
    assert.match(await words(section, 'batch'), /mean 1\s+most 1/);
    assert.match(await words(section, 'errors'), /errors: 0 · restarts: 0/);
    await waitFor(async () => /now \d+(\.\d+)? MB/.test(await words(section, 'memory')), {
      what: 'the memory',
    });
    await assertAccessible(editor.page, 'activity');

    let readCount = 0;
    editor.page.on('request', (request) => {
      if (request.url().includes('/activity?')) readCount += 1;
    });
    await editor.page.clock.fastForward(10_000);
    await waitFor(() => readCount > 0, { what: 'the next look' });
    await editor.button(/^(Close|Done)$/).click();
    await editor.page.locator('.mm-tray').waitFor({ state: 'detached' });
    readCount = 0;
    await editor.page.clock.fastForward(10_000);
    assert.equal(readCount, 0);
  });

  it('GIVEN_a_process_that_is_killed_WHEN_requests_come_again_THEN_its_restart_is_told', async () => {
    await infer([[1, 2, 3, 4]]);
    const section = await open('iris');
    const health = await nodeRed.api<{ engine: EngineStats }>('GET', 'health');
    const pid = health.body.engine.models.find(({ model }) => model === 'iris')?.pid;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await infer([[1, 2, 3, 4]])).status === 200, {
      what: 'an answer of the next process',
    });
    await waitFor(async () => /restarts: 1/.test(await words(section, 'errors')), {
      what: 'the restart',
    });
  });

  it('shows another time range', async () => {
    const section = await open('iris');
    const answer = editor.page.waitForResponse(/minutes=60$/);
    await section.getByLabel('Time range').selectOption('last hour');
    assert.equal((await answer).status(), 200);
  });

  for (const [widthPx, language] of [
    [1400, 'en-US'],
    [700, 'de'],
    [620, 'fr'],
  ] as const) {
    it(`has room at ${widthPx} px in ${language}, light and dark`, async () => {
      await infer([[1, 2, 3, 4]]);
      const section = await open('iris', { widthPx, language });
      await section.locator('canvas').first().waitFor({ timeout: 30_000 });
      assert.ok((await overflowPx(section)) <= 0.5);
      for (const theme of themes) {
        await useTheme(editor.page, theme);
        await section.scrollIntoViewIfNeeded();
        await editor.picture(`activity-${widthPx}-${theme}`);
      }
    });
  }
});
