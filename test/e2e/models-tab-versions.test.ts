import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import type { AuditEntry, Model, Version } from '../../lib/registry/types';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel, identityModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible } from './accessibility';
import { chromiumPath, Editor } from './editor';

const HOSTILE = '<img src=x onerror="window.hacked=1">';

describe('the versions of a model', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start({
      flows: [
        { id: 'tab', type: 'tab', label: 'Line 3' },
        { id: 'node', type: 'onnx-model', z: 'tab', name: '', model: 'iris', version: 'canary', wires: [[]] },
      ],
    });
    for (const model of [addModel(1), addModel(2), identityModel('float64')]) {
      const answer = await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(model));
      assert.equal(answer.status, 201, answer.text);
    }
    await nodeRed.api('PATCH', 'models/iris/versions/1', { metrics: { accuracy: 0.8 }, labels: ['a', 'b'] });
    await nodeRed.api('PATCH', 'models/iris/versions/3', {
      metrics: { accuracy: 0.9, loss: 2 },
      description: HOSTILE,
      labels: ['a, b'],
    });
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    editor = await Editor.open(nodeRed);
    panel = await editor.showModels();
    await panel.getByText('iris', { exact: true }).click();
    await editor.page.getByText(/^Signature of v/).waitFor();
  });
  afterEach(async function () {
    if (!editor) return;
    if (this.currentTest?.state === 'failed') await editor.picture(`failed-${this.currentTest.title}`);
    const { complaints, page } = editor;
    const isHacked = await page.evaluate(() => 'hacked' in window);
    await editor[Symbol.asyncDispose]();
    assert.deepEqual([complaints, isHacked], [[], false]);
  });

  const focused = (): Promise<string | null | undefined> =>
    editor.page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent,
    );
  const announced = (text: RegExp): Promise<string> =>
    waitFor(
      async () => {
        const said = (await editor.page.locator('.mm-announcer').textContent()) ?? '';
        return text.test(said) ? said : undefined;
      },
      { what: `${text} to be said` },
    );
  const version = async (number: number): Promise<Version> =>
    (await nodeRed.api<Version>('GET', `models/iris/versions/${number}`)).body;

  it('stand side by side, two and no more, with what differs in words', async () => {
    const { page } = editor;
    await page.getByLabel('Compare version 1').check();
    await page.getByLabel('Compare version 3').check();
    assert.equal(await page.getByLabel('Compare version 2').isDisabled(), true);
    await editor.button('Compare v1 and v3').click();
    const table = page.getByRole('table', { name: 'v1 and v3 side by side' });
    await table.waitFor();
    const line = async (name: string): Promise<readonly string[]> =>
      table
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
        .locator('td')
        .allTextContents();
    assert.deepEqual(await line('accuracy'), ['0.8', '0.9', '+0.1 (+12.5%)']);
    assert.deepEqual(await line('loss'), ['–', '2', 'differs']);
    assert.deepEqual(await line('in x'), ['float32 [N, 4]', 'float64 [N, 4]', 'another type']);
    assert.deepEqual(await line('Labels'), ['a, b', 'a, b', 'differs']);
    assert.deepEqual(await line('Description'), ['–', HOSTILE, 'differs']);
    assert.deepEqual(await line('Opset'), ['13', '13', 'same']);
    await assertAccessible(page, 'comparison');
    await editor.picture('compare');
    await page.getByLabel('only what differs').check();
    await table.getByText('Opset').waitFor({ state: 'detached' });
    await page.locator('.mm-compare').getByRole('button', { name: 'Close' }).press('Enter');
    await editor.button('Compare v1 and v3').waitFor();
  });

  it('take an alias that is new, and move it after saying who follows it', async () => {
    const { page } = editor;
    await editor.button('Name version 1 with an alias').press('Enter');
    await page.keyboard.type('1st');
    await page.getByText('An alias starts with a letter').waitFor();
    await page.getByLabel('Alias', { exact: true }).fill('latest');
    await page.getByText('latest is always the newest version').waitFor();
    await page.getByLabel('Alias', { exact: true }).fill('canary');
    await page.getByText('canary will name v1. 1 node will answer with v1.').waitFor();
    await assertAccessible(page, 'alias form');
    await page.keyboard.press('Enter');
    await announced(/canary now names v1/);
    assert.equal(await focused(), 'Name version 1 with an alias');

    await editor.button('Name version 2 with an alias').click();
    await page.getByLabel('Alias', { exact: true }).fill('canary');
    await page.getByText('canary moves from v1 to v2. 1 node will answer with v2.').waitFor();
    await editor.picture('alias');
    await editor.button('Set alias').click();
    await waitFor(async () => (await version(2)).aliases.includes('canary' as never), {
      what: 'the alias to move',
    });
  });

  it('keep an alias where it is when its nodes would get another signature, unless told twice', async () => {
    const { page } = editor;
    await editor.button('Name version 3 with an alias').click();
    await page.getByLabel('Alias', { exact: true }).fill('canary');
    await editor.button('Set alias').click();
    await page.getByText('v3 has other inputs or outputs.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    assert.deepEqual((await version(2)).aliases, ['canary']);
  });

  it('lose an alias after one question that names its followers', async () => {
    const { page } = editor;
    await editor.button('Delete the alias canary').click();
    await page.getByText('1 node follows canary and will answer with errors').waitFor();
    await editor.button('Delete alias canary').click();
    await announced(/canary is gone/);
    const { body } = await nodeRed.api<Model>('GET', 'models/iris');
    assert.deepEqual(Object.keys(body.aliases), ['deployed']);
  });

  it('are described anew: description, metrics, tags, labels and features, mistakes in words', async () => {
    const { page } = editor;
    await editor.button('2').click();
    await page.getByText('Signature of v2').waitFor();
    await editor.button('Edit version 2').press('Enter');
    await page.keyboard.type('March, without pump 3');
    await editor.button('Add a metric').click();
    await page.keyboard.type('my score');
    await page.getByLabel('Metrics: value 1').fill('0,9');
    await editor.button('Save').click();
    await page.getByText('“my score” cannot be the name of a metric').waitFor();
    await page.getByLabel('Metrics: name 1').fill('score');
    await page.getByText('“0,9” is not a number').waitFor();
    await page.getByLabel('Metrics: value 1').fill('0.9');
    await editor.button('Add a tag').click();
    await page.keyboard.type('team');
    await page.getByLabel('Tags: value 1').fill(HOSTILE);
    await page.getByLabel('Features').fill('w\nx\ny\nz\n');
    await page.getByLabel('Labels').fill('cold\nhot');
    await assertAccessible(page, 'form of a version');
    await editor.button('Save').click();
    await announced(/Saved/);
    assert.equal(await focused(), 'Edit version 2');
    const { description, metrics, tags, features, labels } = await version(2);
    assert.deepEqual(
      { description, metrics, tags, features, labels },
      {
        description: 'March, without pump 3',
        metrics: { score: 0.9 },
        tags: { team: HOSTILE },
        features: ['w', 'x', 'y', 'z'],
        labels: ['cold', 'hot'],
      },
    );
    await page.getByText('Features: w, x, y, z').waitFor();
    await page.getByText(`team:${HOSTILE}`).waitFor();
  });

  it('keep what they were when editing is cancelled', async () => {
    const { page } = editor;
    await editor.button('Edit iris').click();
    await page.getByLabel('Description').fill('never mind');
    await editor.button('Cancel').click();
    assert.equal(await focused(), 'Edit iris');
    assert.equal((await nodeRed.api<Model>('GET', 'models/iris')).body.description, '');
  });

  it('are found by the tags of their model', async () => {
    const { page } = editor;
    await editor.button('Edit iris').click();
    await editor.button('Add a tag').click();
    await page.keyboard.type('line');
    await page.getByLabel('Tags: value 1').fill('3');
    await editor.button('Save').click();
    await panel.locator('.mm-row').getByText('line:3').waitFor();
    await editor.button('Close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
    await panel.getByRole('searchbox').fill('line:3');
    assert.equal(await panel.locator('.mm-row').count(), 1);
    await panel.getByRole('searchbox').fill('line:4');
    await panel.getByText('No model matches').waitFor();
  });

  it('go out as an archive and come back whole, as a version or as a model of another name', async () => {
    const { page } = editor;
    await editor.button('2').click();
    await page.getByText('Signature of v2').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), editor.button('Export version 2').click()]);
    assert.equal(download.suggestedFilename(), 'iris-2.tar');
    const file = { name: 'iris-2.tar', mimeType: 'application/x-tar', buffer: await readFile(await download.path()) };
    await editor.button('Close').click();
    await page.locator('.mm-tray').waitFor({ state: 'detached' });
    await editor.button('New').click();
    await page.locator('.mm-upload input[type=file]').setInputFiles(file);
    await page.getByText('An exported version: its metrics').waitFor();
    assert.equal(await page.getByLabel('Model', { exact: true }).inputValue(), 'iris');
    await editor.upload(file, { name: 'copy' });
    await page.getByText('copy v1 is stored and deployed.').waitFor();
    const copy = (await nodeRed.api<Version>('GET', 'models/copy/versions/1')).body;
    const original = await version(2);
    for (const field of ['digest', 'metrics', 'tags', 'labels', 'features', 'description', 'signature'] as const) {
      assert.deepEqual(copy[field], original[field], field);
    }
  });

  it('say what the server says of a file that is not there, and let a file that is slow to come go', async () => {
    const { page } = editor;
    const actions = page.locator('.mm-actions').filter({ has: editor.button('Export version 1') });
    const address = '**/model-management/models/iris/versions/1/export';
    await editor.button('1').click();
    await page.getByText('Signature of v1').waitFor();
    await page.route(address, (route) =>
      route.continue({ url: route.request().url().replace('/versions/1/', '/versions/99/') }),
    );
    await editor.button('Export version 1').click();
    const told = await actions.getByRole('alert').textContent();
    assert.match(told ?? '', /99.*v1 was not downloaded/s);
    await editor.picture('download-failed');
    await page.unroute(address);

    const stopped = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/export'));
    await page.route(address, () => undefined);
    await editor.button('Export version 1').press('Enter');
    await editor.button('Cancel the download of version 1').press('Enter');
    await stopped;
    assert.equal(await focused(), 'Export version 1');
    await page.unroute(address);
  });

  it('leave a trail in sentences: who, when, before and after', async () => {
    const { page } = editor;
    await editor.button('Audit').click();
    const log = page.getByRole('region', { name: 'Audit' });
    await log.getByText('The alias canary moved from v1 to v2.').waitFor();
    await log.getByText('v1 was deployed.').waitFor();
    await log.getByText('The alias canary was deleted; it named v2.').waitFor();
    await log.getByText('metric score: 0.9').waitFor();
    assert.match((await log.textContent()) ?? '', /nobody was logged in/);
    await assertAccessible(page, 'audit');
    for (let round = 0; round < 15; round += 1) {
      await nodeRed.api('PATCH', 'models/iris', { description: `round ${round}` });
    }
    const { body } = await nodeRed.api<{ total: number; items: AuditEntry[] }>('GET', 'models/iris/audit');
    await log.getByText(`1–20 of ${body.total}`).waitFor();
    assert.doesNotMatch((await log.textContent()) ?? '', / :/);
    const next = log.getByRole('button', { name: 'Next page' });
    await next.press('Enter');
    await log.getByText('The model iris was created.').waitFor();
    assert.ok(await next.evaluate((button) => button === document.activeElement));
  });
});
