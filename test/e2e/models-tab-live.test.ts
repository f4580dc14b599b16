import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';

const flows = [
  { id: 'tab', type: 'tab', label: 'Line 3' },
  { id: 'aside', type: 'tab', label: 'Aside' },
  { id: 'sub', type: 'subflow', name: 'Scorer', info: '', category: '', in: [], out: [], env: [], color: '#DDAA99' },
  { id: 'inside', type: 'onnx-model', z: 'sub', name: 'inside', model: 'iris', x: 200, y: 100, wires: [[]] },
  { id: 'instance', type: 'subflow:sub', z: 'tab', name: '', x: 300, y: 200, wires: [] },
  {
    id: 'pump',
    type: 'onnx-model',
    z: 'aside',
    name: 'pump',
    model: 'iris',
    version: '2',
    x: 200,
    y: 100,
    wires: [[]],
  },
];

interface EditorWindow {
  readonly RED: {
    readonly workspaces: { active(): string; hide(id: string): void };
    readonly nodes: { remove(id: string): void };
  };
}

describe('the models tab and what runs', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({ flows, modelManagement: { docker: { socketPath: '/nowhere/docker.sock' } } });
    for (const model of [addModel(1), addModel(2)]) {
      await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(model));
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
  });
  closeAfterEach(() => editor);

  const open = async (): Promise<void> => {
    await panel.getByText('iris', { exact: true }).click();
    await editor.page.getByText('Signature of v1').waitFor();
  };
  const active = (): Promise<string> =>
    editor.page.evaluate(() => (globalThis as unknown as EditorWindow).RED.workspaces.active());

  it('shows the figures of each loaded version while requests come', async () => {
    await open();
    const table = editor.page.getByRole('table', { name: 'Loaded on this machine' });
    const cellsOf = (version: string): Promise<readonly string[]> =>
      table
        .getByRole('row')
        .filter({ has: editor.page.getByRole('rowheader', { name: version, exact: true }) })
        .getByRole('cell')
        .allTextContents();
    await table.getByText('v2').waitFor();
    const seen = await waitFor(
      async () => {
        for (let count = 0; count < 5; count += 1) {
          await nodeRed.api('POST', 'models/iris/versions/1/infer', { payload: [[1, 2, 3, 4]] });
        }
        const [state, rate, p50, , requests, errors] = await cellsOf('v1');
        return Number(rate) > 0 && /ms/.test(p50 ?? '') && { state: state?.trim(), requests: Number(requests), errors };
      },
      { what: 'a rate above 0' },
    );
    assert.ok(seen);
    assert.equal(seen.state, 'running');
    assert.equal(seen.errors, '0');
    assert.ok(seen.requests > 0);
    assert.equal((await cellsOf('v2'))[4], '0');
    await assertAccessible(editor.page, 'figures');
    await editor.picture('live');
  });

  it('leads to a node inside a subflow and to one on a hidden tab', async () => {
    await open();
    await editor.button('show').click();
    const users = editor.page.locator('.mm-usage');
    await users.getByText('inside · Scorer').or(users.getByText('· Scorer')).first().waitFor();
    const counts = users.getByRole('listitem').filter({ hasText: 'inside' }).getByText('answered: 0', { exact: true });
    await counts.waitFor();
    await users.getByRole('button', { name: 'inside' }).press('Enter');
    await editor.page.locator('.mm-tray').waitFor({ state: 'detached' });
    await waitFor(async () => (await active()) === 'sub', { what: 'the subflow to be shown' });

    await editor.page.evaluate(() => (globalThis as unknown as EditorWindow).RED.workspaces.hide('aside'));
    await open();
    await editor.button('show').click();
    await users.getByRole('button', { name: 'pump' }).click();
    await waitFor(async () => (await active()) === 'aside', { what: 'the hidden tab to be shown' });
    await editor.page.locator('#red-ui-tab-aside:visible, [id="red-ui-tab-aside"]:visible').first().waitFor();
  });

  it('says so of a node that this editor does not hold any more', async () => {
    await editor.page.evaluate(() => (globalThis as unknown as EditorWindow).RED.nodes.remove('pump'));
    await open();
    await editor.button('show').click();
    const users = editor.page.locator('.mm-usage');
    await users.getByText('(not in this editor').waitFor();
    assert.equal(await users.getByRole('button', { name: 'pump' }).count(), 0);
    assert.match((await users.textContent()) ?? '', /pump · Aside · 2/);
  });

  it('says what is missing on this machine, one line at first, and remembers in this browser what was put away', async () => {
    const notes = panel.getByRole('region', { name: 'What is missing on this machine' });
    await notes.getByText('Anyone who can reach this editor can deploy models and start containers.').waitFor();
    assert.equal(await notes.getByRole('listitem').count(), 1);
    await notes.getByRole('button', { name: '2 more notes' }).click();
    await notes.getByText('No MQTT broker is set').waitFor();
    await notes.getByText('No Docker here').waitFor();
    await assertAccessible(editor.page, 'notes');
    await editor.picture('notes');
    const dismiss = notes.getByRole('button', { name: 'Do not show this again in this browser' });
    await dismiss.first().press('Enter');
    await notes.getByText('Anyone who can reach').waitFor({ state: 'detached' });
    assert.ok(await dismiss.first().evaluate((button) => button === document.activeElement));
    await editor.page.reload();
    await editor.untilReady();
    panel = await editor.showModels();
    const again = panel.getByRole('region', { name: 'What is missing on this machine' });
    await again.getByText('No MQTT broker is set').waitFor();
    assert.equal(await again.getByText('Anyone who can reach').count(), 0);
  });
});
