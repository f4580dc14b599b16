import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { Enrolment } from '../../lib/edges/hub/edge-hub';
import type { EdgeView } from '../../lib/edges/hub/views';
import { largeModel } from '../support/large-model';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { overflowPx, resizePanel } from './room';

type Enrolling = { readonly edge: EdgeView; readonly enrolment: Enrolment };

/** A model travels to an edge. */
const ARRIVAL_MS = 60_000;
const SMALL_BYTES = 6_000_000;

async function bytesOf(sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of largeModel(sizeBytes).chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe(`rollouts in the sidebar of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(240_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  const edges = new Map<string, NodeRed>();
  let editor: Editor;
  let page: Page;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    for (const file of [buildModel(addModel(1)), buildModel(addModel(2)), await bytesOf(2 * SMALL_BYTES)]) {
      const answer = await hub.api('POST', 'models/plus/versions?create=true', file);
      assert.equal(answer.status, 201, answer.text);
    }
    for (const [name, labels, room] of [
      ['north', ['line-1', 'press'], {}],
      ['small', ['line-1'], { maxBytes: SMALL_BYTES }],
    ] as const) {
      const added = await hub.api<Enrolling>('POST', 'edges', { name, labels });
      const { settings } = added.body.enrolment;
      const edge = { ...(settings['edge'] as object), ...room };
      edges.set(name, await NodeRed.start({ modelManagement: { ...settings, edge } }));
    }
    const assigned = await hub.api('PUT', 'models/plus/edges', {
      edges: [{ name: 'north' }, { name: 'small', version: 1 }],
    });
    assert.equal(assigned.status, 200, assigned.text);
    for (const name of edges.keys()) {
      await waitFor(async () => (await hub.api<EdgeView>('GET', `edges/${name}`)).body.models[0]?.state === 'running', {
        what: `${name} to run version 1`,
        timeoutMs: ARRIVAL_MS,
      });
    }
    editor = await Editor.open(hub);
    page = editor.page;
    page.setDefaultTimeout(ARRIVAL_MS);
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    for (const edge of edges.values()) await edge[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });
  afterEach(() => assert.deepEqual(editor?.complaints ?? [], []));

  const detail = (): Locator => page.locator('.mm-tray > .mm-detail');
  const openModel = async (): Promise<void> => {
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Models' }).click();
    await sidebar.getByRole('tabpanel', { name: 'Models' }).getByRole('button', { name: /plus/ }).click();
    await detail().getByRole('table', { name: 'Edges that run it' }).waitFor();
  };
  const closeTray = async (): Promise<void> => {
    await editor.button('Close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
  };
  const edgesPanel = async (): Promise<Locator> => {
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Edges' }).click();
    return sidebar.getByRole('tabpanel', { name: 'Edges' });
  };

  it('starts from the question before a deployment: what it changes is said first', async () => {
    await openModel();
    await detail().getByRole('button', { name: 'Deploy version 2' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Roll out…' }).click();
    const form = detail().getByRole('group', { name: 'Roll out…' });
    assert.equal(await form.getByLabel('Version').inputValue(), '2');
    await form.getByText('Choose the edges that shall get it.').waitFor();
    await form.getByRole('checkbox', { name: 'line-1 (2)' }).check();
    await form.getByText('Edges: 2, online: 2.').waitFor();
    await form.getByText('v2 goes to 2 edges in waves of 1 and 1.').waitFor();
    await form.getByText('1 of them follows an alias now; it stays on v2 then.').waitFor();
    await form.getByRole('checkbox', { name: 'press (1)' }).check();
    await form.getByText('v2 goes to 1 edge at once.').waitFor();
    await form.getByRole('checkbox', { name: 'press (1)' }).uncheck();
    await form.getByRole('button', { name: 'Wave', exact: true }).click();
    await form.getByLabel('Wave 2', { exact: true }).fill('0');
    await lookAt(editor, 'rollout-form', 'the form of a rollout');
    await form.getByRole('button', { name: 'Roll out v2' }).click();
    assert.equal(
      await form.getByLabel('Wave 2', { exact: true }).evaluate((field) => field === document.activeElement),
      true,
    );
    await form.getByRole('button', { name: 'Remove wave 2' }).click();
    await form.getByRole('button', { name: 'Roll out v2' }).click();
    await form.waitFor({ state: 'detached' });
  });

  it('shows the waves as they come, holds and goes on', async () => {
    const rollout = detail().locator('.mm-rollout');
    await rollout.getByText('If all stays well, the next wave opens in 4 minutes').waitFor();
    await rollout.getByRole('row', { name: /^runs it north 1 runs it deployed/ }).waitFor();
    await rollout.getByRole('row', { name: /^waits for its wave small 2 waits for its wave v1/ }).waitFor();
    await rollout.getByRole('list', { name: 'Waves' }).getByText('1 of 1 run it').waitFor();
    assert.equal(await detail().getByRole('button', { name: 'Roll out…' }).count(), 0, 'one at a time');
    await lookAt(editor, 'rollout-waves', 'a rollout under way');
    await rollout.getByRole('button', { name: 'Pause' }).click();
    await rollout.getByRole('button', { name: 'Resume' }).waitFor();
    await rollout.getByRole('button', { name: 'Resume' }).click();
    await rollout.getByRole('button', { name: 'Pause' }).waitFor();
    await closeTray();
  });

  it('stands above the list of edges while it is under way, and is rolled back from there', async () => {
    const panel = await edgesPanel();
    const row = panel
      .getByRole('list', { name: 'Rollouts under way' })
      .getByRole('button', { name: /plus v2.*1 of 2 run it/ });
    await row.waitFor();
    const sidebar = page.locator('.mm-sidebar');
    await resizePanel(sidebar, 294, 255);
    await lookAt(editor, 'rollouts-narrow', 'the list in little room');
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
    await sidebar.evaluate((element) => element.removeAttribute('style'));
    await row.click();
    await detail().getByRole('button', { name: 'Roll back all…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('1 edge gets back what it had before').waitFor();
    await lookAt(editor, 'rollout-back', 'the question about a rollout');
    await question.getByRole('button', { name: 'Roll back all' }).click();
    await detail()
      .getByRole('row', { name: /^has back what it had north/ })
      .waitFor();
    await detail().getByRole('button', { name: 'Audit' }).click();
    for (const text of [
      'Wave 1 opened.',
      'It was paused.',
      'It was resumed.',
      'All edges were given back what they had.',
    ])
      await detail().getByText(text).waitFor();
    await lookAt(editor, 'rollout-audit', 'a rollout that was rolled back');
    await closeTray();
    await panel.getByRole('list', { name: 'Rollouts under way' }).waitFor({ state: 'detached' });
  });

  it('goes to edges by name, to its end', async () => {
    await openModel();
    await detail()
      .getByRole('table', { name: 'Edges that run it' })
      .getByRole('row', { name: /north deployed \(v1\) v1 runs/ })
      .waitFor();
    await detail().getByRole('button', { name: 'Roll out…' }).click();
    const form = detail().getByRole('group', { name: 'Roll out…' });
    await form.getByLabel('Version').selectOption('2');
    await form.getByRole('combobox', { name: /^To/ }).selectOption('edges of choice');
    await form.getByRole('checkbox', { name: 'north' }).check();
    await form.getByRole('checkbox', { name: 'small' }).check();
    await form.getByLabel('Between waves').fill('0');
    await form.getByRole('button', { name: 'Roll out v2' }).click();
    await detail()
      .getByRole('list', { name: 'Rollouts' })
      .getByRole('button', { name: /^done v2 2 edges done/ })
      .waitFor();
    const table = detail().getByRole('table', { name: 'Edges that run it' });
    await table.getByRole('row', { name: /north v2 v2 runs/ }).waitFor();
    await table.getByRole('row', { name: /small v2 v2 runs/ }).waitFor();
    await lookAt(editor, 'rollouts-of-model', 'the rollouts of a model');
  });

  it('stops when an edge fails, and says why; that edge tries again when it is told to, there or here', async () => {
    await detail().getByRole('button', { name: 'Roll out…' }).click();
    const form = detail().getByRole('group', { name: 'Roll out…' });
    await form.getByLabel('Version').selectOption('3');
    await form.getByRole('combobox', { name: /^To/ }).selectOption('edges of choice');
    await form.getByRole('checkbox', { name: 'small' }).check();
    await form.getByRole('button', { name: 'Roll out v3' }).click();
    await detail()
      .getByRole('list', { name: 'Rollouts' })
      .getByRole('button', { name: /^stopped v3/ })
      .click();
    const rollout = detail().locator('.mm-rollout');
    await rollout.getByText('Too many edges failed: what was assigned stays.').waitFor();
    await rollout.getByRole('row', { name: /^failed small failed: / }).waitFor();
    await lookAt(editor, 'rollout-stopped', 'a rollout that was stopped');
    await page.setViewportSize({ width: 720, height: 850 });
    await lookAt(editor, 'rollout-narrow', 'a rollout in a narrow window');
    await page.setViewportSize({ width: 1400, height: 850 });

    const small = edges.get('small');
    assert.ok(small);
    await using there = await Editor.open(small);
    there.page.setDefaultTimeout(ARRIVAL_MS);
    const sidebar = await there.showModels();
    await sidebar.getByRole('tab', { name: 'Edges' }).click();
    await sidebar
      .getByRole('list', { name: 'Models of the hub' })
      .getByText(/shall run v3: failed: /)
      .waitFor();
    await resizePanel(sidebar, 294, 400);
    await lookAt(there, 'own-edge-failed', 'a model that failed in the sidebar of its edge');
    await sidebar.getByRole('button', { name: 'Try again' }).click();
    await there.page.locator('.mm-announcer', { hasText: 'This edge tries again.' }).waitFor({ state: 'attached' });
    assert.deepEqual(there.complaints, []);

    await rollout.getByRole('button', { name: 'small' }).click();
    await detail().getByRole('heading', { name: 'small' }).waitFor();
    await detail().getByRole('button', { name: 'Try again' }).click();
    await page.locator('.mm-announcer', { hasText: 'small was asked to try again.' }).waitFor({ state: 'attached' });
    await closeTray();
  });
});
