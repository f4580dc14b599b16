import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible, useTheme } from './accessibility';
import { chromiumPath, Editor } from './editor';

/** Metrics per version, version 1 first. */
const models: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>> = {
  iris: [{ accuracy: 0.91 }, { accuracy: 0.95, loss: 0.2 }, { loss: 0.4 }, { accuracy: 0.97 }],
  huge: [{ score: -1e308 }, { score: 1e308 }, { score: 0 }, { score: 5e-324 }],
  equal: [{ score: 1 }, { score: 1 + 2e-16 }],
  single: [{ score: -42.5 }],
  none: [{}],
};

describe('the chart of a metric', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const [model, versions] of Object.entries(models)) {
      for (const [index, metrics] of versions.entries()) {
        await nodeRed.api('POST', `models/${model}/versions?create=true`, buildModel(addModel(index)));
        const answer = await nodeRed.api('PATCH', `models/${model}/versions/${index + 1}`, { metrics });
        assert.equal(answer.status, 200, answer.text);
      }
    }
    await nodeRed.api('PUT', 'models/iris/aliases/deployed', { version: 2 });
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
  });
  afterEach(async () => {
    if (!editor) return;
    const { complaints } = editor;
    await editor[Symbol.asyncDispose]();
    assert.deepEqual(complaints, []);
  });

  const open = async (model: string): Promise<Locator> => {
    await panel.getByText(model, { exact: true }).click();
    await editor.page.getByText(/^Signature of v/).waitFor();
    return editor.page.getByRole('slider');
  };
  /** How many pixels of the drawing have the colour that a variable of the theme has now. */
  const pixelCount = (variable: string): Promise<number> =>
    editor.page.locator('.mm-plot canvas').evaluate((element, name) => {
      const canvas = element as HTMLCanvasElement;
      const probe = document.createElement('span');
      probe.style.color = `var(${name})`;
      document.body.append(probe);
      const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
      probe.remove();
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) count += 1;
      }
      return count;
    }, variable);
  const line = '--red-ui-text-color-link';
  const mark = '--red-ui-primary-text-color';

  it('tells version by version by keyboard, gaps and the deployed one in words, and shows one on Enter', async () => {
    const chart = await open('iris');
    const text = (): Promise<string | null> => chart.getAttribute('aria-valuetext');
    assert.equal(await text(), 'v1 · accuracy 0.91 → v4 · accuracy 0.97; v2 · accuracy 0.95 · deployed');
    await chart.focus();
    const heard: (string | null)[] = [];
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Home', 'ArrowLeft']) {
      await editor.page.keyboard.press(key);
      heard.push(await text());
    }
    assert.deepEqual(heard, [
      'v3 · no accuracy',
      'v2 · accuracy 0.95 · deployed',
      'v1 · accuracy 0.91',
      'v1 · accuracy 0.91',
    ]);
    assert.equal(await editor.page.locator('.mm-readout').textContent(), 'v1 · accuracy 0.91');
    await editor.page.keyboard.press('Enter');
    await editor.page.getByText('Signature of v1').waitFor();
    await assertAccessible(editor.page, 'chart');
  });

  it('shows another metric when it is chosen', async () => {
    const chart = await open('iris');
    await editor.page.getByLabel('Metric', { exact: true }).selectOption('loss');
    assert.equal(await chart.getAttribute('aria-label'), 'loss over versions');
    assert.equal(await chart.getAttribute('aria-valuetext'), 'v2 · loss 0.2 · deployed → v3 · loss 0.4');
  });

  it('is drawn in the colours of the theme, and again when the theme changes', async () => {
    await open('iris');
    for (const theme of ['light', 'dark', 'light'] as const) {
      await useTheme(editor.page, theme);
      await waitFor(async () => (await pixelCount(line)) > 100, { what: `a line in the colour of the ${theme} theme` });
    }
  });

  it('reads out what lies below the pointer and shows it on a click', async () => {
    const chart = await open('iris');
    const plot = chart.locator('.u-over');
    const { width } = (await plot.boundingBox()) ?? { width: 0 };
    // Waits until the tray has come in.
    await plot.hover({ position: { x: width - 10, y: 20 } });
    await editor.page.getByText('v4 · accuracy 0.97', { exact: true }).waitFor();
    await plot.click({ position: { x: width - 10, y: 20 } });
    await editor.page.getByText('Signature of v4').waitFor();
  });

  for (const [model, colour] of [
    ['huge', line],
    ['equal', line],
    ['single', mark],
  ] as const) {
    it(`draws ${model} values`, async () => {
      await open(model);
      await waitFor(async () => (await pixelCount(colour)) > 20, { what: 'something drawn' });
      await editor.picture(`chart-${model}`);
    });
  }

  it('is not there for a model without metrics', async () => {
    const chart = await open('none');
    assert.equal(await chart.count(), 0);
  });
});
