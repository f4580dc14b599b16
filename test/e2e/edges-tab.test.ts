import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import type { Locator, Page } from 'playwright-core';
import type { Enrolment } from '../../lib/edges/hub/edge-hub';
import type { EdgeView } from '../../lib/edges/hub/views';
import { largeModel } from '../support/large-model';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { overflowPx, resizePanel } from './room';

type Enrolling = { readonly edge: EdgeView; readonly enrolment: Enrolment };

/** A hub and its edge start, and a model travels between them. */
const ARRIVAL_MS = 60_000;

async function showEdges(editor: Editor): Promise<Locator> {
  const sidebar = await editor.showModels();
  await sidebar.getByRole('tab', { name: 'Edges' }).click();
  return sidebar.getByRole('tabpanel', { name: 'Edges' });
}

const readSettings = (text: string): Record<string, unknown> =>
  JSON.parse(JSON.stringify(runInNewContext(`({${text}}).modelManagement`)));

describe(`the tab Edges of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(240_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let edge: NodeRed | undefined;
  let editor: Editor;
  let page: Page;
  let settings: Record<string, unknown>;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    for (const added of [1, 2]) {
      const answer = await hub.api('POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
      assert.equal(answer.status, 201, answer.text);
    }
    assert.equal((await hub.api('PUT', 'models/plus/aliases/deployed', { version: 1 })).status, 200);
    editor = await Editor.open(hub);
    page = editor.page;
    page.setDefaultTimeout(ARRIVAL_MS);
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    await edge?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });
  afterEach(() => assert.deepEqual(editor?.complaints ?? [], []));

  const detail = (): Locator => page.locator('.mm-tray .mm-detail');
  const closeTray = async (): Promise<void> => {
    await editor.button('Close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
  };

  it('adds an edge: what is copied is what the other Node-RED needs, and the screen says when it is there', async () => {
    const panel = await showEdges(editor);
    await panel.getByText('No other Node-RED yet.').waitFor();
    await panel.getByRole('button', { name: /^online local/ }).waitFor();
    await lookAt(editor, 'edges-empty', 'the list without edges');
    await panel.getByRole('button', { name: 'New' }).click();
    const form = page.getByRole('group', { name: 'Add edge' });
    await form.getByLabel('Name').fill('no name');
    await form.getByText('A name starts with').waitFor();
    await lookAt(editor, 'edge-add', 'the form');
    await form.getByLabel('Name').fill('edge-2');
    await form.getByLabel('Labels').fill('line-1, press');
    await form.getByLabel('Labels').press('Enter');
    await detail().getByText('Waiting for edge-2…').waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await detail().getByRole('button', { name: 'Copy' }).click();
    await detail().getByText('Copied.').waitFor();
    await lookAt(editor, 'edge-enrolment', 'what is to be copied');
    settings = readSettings(await page.evaluate(() => navigator.clipboard.readText()));
    edge = await NodeRed.start({ modelManagement: settings });
    await detail().getByText('edge-2 is online.').waitFor();
    await editor.picture('edge-arrived');
    await closeTray();
    await panel.getByRole('button', { name: /^online.*edge-2.*line-1.*press/ }).waitFor();
  });

  it('assigns a model, says what that changes, and shows it running', async () => {
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Models' }).click();
    await sidebar.getByRole('button', { name: /plus/ }).click();
    await detail().getByText('It runs on no edge.').waitFor();
    await detail().getByRole('button', { name: 'Assign…' }).click();
    const form = detail().getByRole('group', { name: 'Assign…' });
    await form.getByText('Nothing changes yet.').waitFor();
    await form.getByRole('checkbox', { name: 'edge-2' }).check();
    await form.getByText('edge-2 will answer with deployed (v1).').waitFor();
    await lookAt(editor, 'edge-assign', 'the assignment');
    await form.getByRole('button', { name: 'Assign', exact: true }).click();
    const table = detail().getByRole('table', { name: 'Edges that run it' });
    await table.getByRole('row', { name: /edge-2 deployed \(v1\) v1 runs/ }).waitFor();
    await lookAt(editor, 'model-edges', 'the edges of a model');
  });

  it('says how many edges follow a deployment, and shows that they do', async () => {
    await detail().getByRole('button', { name: 'Deploy version 2' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('1 edge will answer with v2.').waitFor();
    await question.getByRole('button', { name: 'Deploy v2' }).click();
    const table = detail().getByRole('table', { name: 'Edges that run it' });
    await table.getByRole('row', { name: /edge-2 deployed \(v2\) v2 runs/ }).waitFor();
    await closeTray();
    await page
      .locator('.mm-sidebar')
      .getByRole('button', { name: /plus.*1 edge/ })
      .waitFor();
  });

  it('shows an edge with what it can do, runs and told, and changes its labels', async () => {
    const panel = await showEdges(editor);
    await panel.getByRole('button', { name: /edge-2.*plus v2/ }).click();
    await detail().getByRole('heading', { name: 'edge-2' }).waitFor();
    await detail().getByText('native').waitFor();
    const facts = (await detail().locator('.mm-facts').textContent()) ?? '';
    assert.ok(facts.includes(process.versions.node), facts);
    await detail()
      .getByRole('row', { name: /plus v2 v2 runs/ })
      .waitFor();
    await detail().getByRole('button', { name: 'Edit labels' }).click();
    await detail().getByRole('group', { name: 'Edit labels' }).getByLabel('Labels').fill('line-2');
    await editor.button('Save').click();
    await detail().getByRole('list', { name: 'Labels' }).getByText('line-2').waitFor();
    await lookAt(editor, 'edge-detail', 'an edge');
    await closeTray();
    await page.keyboard.press('Escape');
  });

  it('shows what an edge told, the newest first, and what it tells while somebody looks', async () => {
    const panel = await showEdges(editor);
    await panel.getByRole('button', { name: /edge-2.*plus v2/ }).click();
    const entries = detail().getByRole('list', { name: 'What it told' }).getByRole('listitem');
    const told = (version: number) => ({ hasText: `plus runs version ${version}` });
    await entries.first().filter(told(2)).waitFor();
    assert.equal(await entries.filter(told(1)).count(), 1);
    await entries.first().getByRole('img', { name: 'note' }).waitFor();
    for (const version of [1, 2]) {
      assert.equal((await hub.api('PUT', 'models/plus/aliases/deployed', { version })).status, 200);
      await entries.first().filter(told(version)).waitFor();
    }
    const texts = await entries.allTextContents();
    assert.deepEqual(
      texts.map((text) => /plus runs version (\d)/.exec(text)?.[1]),
      ['2', '1', '2', '1'],
      texts.join(),
    );
    await closeTray();
  });

  it('holds in little room', async () => {
    const panel = await showEdges(editor);
    const sidebar = page.locator('.mm-sidebar');
    await panel.getByRole('button', { name: /edge-2/ }).waitFor();
    await resizePanel(sidebar, 294, 255);
    await lookAt(editor, 'edges-narrow', 'the list in little room');
    assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
    assert.ok((await overflowPx(sidebar.getByRole('tablist'))) <= 0, 'nor of the tabs');
    await sidebar.evaluate((element) => element.removeAttribute('style'));
  });

  it('takes a key back at once, which both sides show; a token that is typed brings the edge back', async () => {
    assert.ok(edge);
    await using there = await Editor.open(edge);
    there.page.setDefaultTimeout(ARRIVAL_MS);
    const sidebar = await there.showModels();
    const notice = sidebar.getByRole('region', { name: 'The hub of this edge' });
    await notice.getByText('This Node-RED is the edge edge-2 of the hub').waitFor();
    await notice.getByText('enrolled · connected to the broker · the hub is there').waitFor();
    assert.equal(await sidebar.getByRole('button', { name: 'New' }).count(), 0, 'the hub says what runs');
    await resizePanel(sidebar, 294, 255);
    await lookAt(there, 'own-edge', 'the sidebar of an edge');
    await sidebar.getByRole('tab', { name: 'Edges' }).click();
    await sidebar.getByRole('list', { name: 'Models of the hub' }).getByText('plus v2').waitFor();
    await lookAt(there, 'own-edge-models', 'the models of an edge');

    const panel = await showEdges(editor);
    await panel.getByRole('button', { name: /edge-2/ }).click();
    await detail().getByRole('button', { name: 'New token…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('edge-2 works on with the key it has').waitFor();
    await question.getByRole('checkbox').check();
    await question.getByText('gets nothing new until it has used the new token').waitFor();
    await lookAt(editor, 'edge-revoke', 'the question about the key');
    await question.getByRole('button', { name: 'Revoke and make a token' }).click();
    await detail().locator('.mm-sub', { hasText: 'revoked' }).waitFor();
    await detail().getByText('Waiting for edge-2…').waitFor();
    await lookAt(editor, 'edge-revoked', 'a revoked edge');
    const token = (await detail().locator('.mm-token code').textContent()) ?? '';

    await notice.getByText('The hub took the key back.').waitFor();
    await lookAt(there, 'own-edge-revoked', 'a revoked edge in its own sidebar');
    await notice.getByLabel('Token').fill('no token');
    await notice.getByLabel('Token').press('Enter');
    await notice.getByText('That is no token.').waitFor();
    await notice.getByLabel('Token').fill(token);
    await notice.getByRole('button', { name: 'Enrol', exact: true }).click();
    await notice.getByText('enrolled · connected to the broker').waitFor();
    await detail().getByText('edge-2 is online.').waitFor();
    await closeTray();
    assert.deepEqual(there.complaints, []);
  });

  it('says why a token is refused, and leaves the hub', async () => {
    assert.ok(edge);
    await using there = await Editor.open(edge);
    there.page.setDefaultTimeout(ARRIVAL_MS);
    const sidebar = await there.showModels();
    const notice = sidebar.getByRole('region', { name: 'The hub of this edge' });
    await notice.getByRole('button', { name: 'Token and leaving' }).click();
    await notice.getByRole('button', { name: 'Leave the hub…' }).click();
    const question = notice.getByRole('alertdialog');
    await question.getByText('remove role and edge').waitFor();
    await lookAt(there, 'own-edge-leave', 'the question about the hub');
    await question.getByRole('button', { name: 'Leave the hub' }).click();
    await notice.getByLabel('Token').waitFor();
    const panel = await showEdges(editor);
    await panel.getByRole('button', { name: /^revoked.*edge-2/ }).waitFor();
    // The token of the settings held once.
    const used = ((settings['edge'] ?? {}) as { token: string }).token;
    await notice.getByLabel('Token').fill(used);
    await notice.getByRole('button', { name: 'Enrol', exact: true }).click();
    await notice.getByText('refused').waitFor();
    await notice.getByText(/^The (token was used before|token is void|hub does not know this token)/).waitFor();
    await lookAt(there, 'own-edge-refused', 'a refused token');
    assert.deepEqual(there.complaints, []);
  });

  it('shows an edge that went away, and deletes it', async () => {
    assert.ok(edge);
    const panel = await showEdges(editor);
    const answer = await hub.api<Enrolling>('POST', 'edges/edge-2/enrolment', {});
    assert.equal((await edge.api('POST', 'edge/enrol', { token: answer.body.enrolment.token })).status, 202);
    await panel.getByRole('button', { name: /^online.*edge-2/ }).waitFor();
    await edge.stop();
    await panel.getByRole('button', { name: /^offline.*edge-2/ }).click();
    await detail().getByText('It goes on with what it has.').waitFor();
    await detail().getByRole('button', { name: 'Delete…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('its key becomes void').waitFor();
    await question.getByText('nobody can change it any more: plus.').waitFor();
    await lookAt(editor, 'edge-delete', 'the question about an edge');
    await question.getByRole('button', { name: 'Delete edge-2' }).click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: /edge-2/ }).waitFor({ state: 'detached' });
  });
});

describe('an edge with little room behind a slow line', function () {
  this.timeout(180_000);
  before(function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('shows how far a version has come, and why another failed', async () => {
    await using broker = await Mosquitto.start();
    const modelManagement = { broker: { url: broker.url }, edges: { bytesPerSecond: 200_000 } };
    await using hub = await NodeRed.start({ modelManagement });
    for (const [name, megabytes] of [
      ['large', 3],
      ['huge', 12],
    ] as const) {
      const chunks: Buffer[] = [];
      for await (const chunk of largeModel(megabytes * 1_000_000).chunks()) chunks.push(chunk);
      const file = Buffer.concat(chunks);
      const answer = await hub.api('POST', `models/${name}/versions?create=true`, file);
      assert.equal(answer.status, 201, answer.text);
    }
    const added = await hub.api<Enrolling>('POST', 'edges', { name: 'small' });
    const { settings } = added.body.enrolment;
    const own = { ...(settings['edge'] as object), maxBytes: 6_000_000 };
    await using _edge = await NodeRed.start({ modelManagement: { ...settings, edge: own } });

    await using editor = await Editor.open(hub);
    const { page } = editor;
    page.setDefaultTimeout(ARRIVAL_MS);
    const panel = await showEdges(editor);
    await panel.getByRole('button', { name: /^online small/ }).waitFor();
    const run = async (model: string): Promise<void> => {
      const answer = await hub.api('PUT', `models/${model}/edges`, { edges: [{ name: 'small', version: 1 }] });
      assert.equal(answer.status, 200, answer.text);
    };
    await run('large');
    const bar = page.getByRole('progressbar', { name: 'downloading' });
    const fetching = panel.getByRole('button', {
      name: /^online, fetches small.*large v1: downloading [1-9]\d? %/,
    });
    await fetching.filter({ has: bar }).waitFor();
    await editor.picture('edges-downloading');
    await panel.getByRole('button', { name: /^online small.*large v1/ }).waitFor();
    await run('huge');
    await panel.getByRole('button', { name: /^online, a model failed small.*huge v1: failed: / }).click();
    const detail = page.locator('.mm-tray .mm-detail');
    await detail.getByRole('row', { name: /huge v1 – failed: / }).waitFor();
    const newest = detail.getByRole('list', { name: 'What it told' }).getByRole('listitem').first();
    await newest.filter({ hasText: /huge 1: .*bytes are missing/ }).waitFor();
    await newest.getByRole('img', { name: 'warning' }).waitFor();
    await lookAt(editor, 'edge-failed', 'an edge where a model failed');
    await detail.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.mm-announcer', { hasText: 'small was asked to try again.' }).waitFor({ state: 'attached' });
    await detail.getByRole('button', { name: 'Try again' }).waitFor();
    await detail.getByRole('button', { name: 'large' }).click();
    await detail.getByRole('heading', { name: 'large' }).waitFor();
    assert.deepEqual(editor.complaints, []);
  });
});

describe('the tab Edges without a broker', function () {
  this.timeout(120_000);
  before(function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
  });

  it('says what edges need, and offers none', async () => {
    await using hub = await NodeRed.start();
    await using editor = await Editor.open(hub);
    const panel = await showEdges(editor);
    await panel.getByText('Set modelManagement.broker in settings.js.').waitFor();
    await panel.getByRole('button', { name: /^online local/ }).waitFor();
    assert.equal(await panel.getByRole('button', { name: 'New' }).count(), 0);
    await lookAt(editor, 'edges-no-broker', 'the list without a broker');
    assert.deepEqual(editor.complaints, []);
  });
});
