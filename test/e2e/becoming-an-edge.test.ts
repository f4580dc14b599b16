import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { settingsText } from '../../plugins/model-management/editor/edges/settings-text';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';
import { lookAt } from './look';
import { overflowPx, resizePanel } from './room';

async function edgesPanel(editor: Editor): Promise<Locator> {
  const sidebar = await editor.showModels();
  await sidebar.getByRole('tab', { name: 'Edges' }).click();
  return sidebar.getByRole('tabpanel', { name: 'Edges' });
}

describe(`becoming an edge in the sidebar of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(180_000);
  before(function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('takes what the hub shows, asks about what will rest, is an edge after a restart, and leads back', async () => {
    await using broker = await Mosquitto.start();
    await using hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    await using other = await NodeRed.start();
    const uploaded = await other.api('POST', 'models/own/versions?create=true', buildModel(addModel(1)));
    assert.equal(uploaded.status, 201, uploaded.text);
    const added = await hub.api<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', { name: 'e' });
    {
      await using editor = await Editor.open(other);
      const { page } = editor;
      page.setDefaultTimeout(30_000);
      const panel = await edgesPanel(editor);
      await resizePanel(page.locator('.mm-sidebar'), 294, 400);
      await panel.getByRole('button', { name: 'Make this Node-RED an edge…' }).waitFor();
      await lookAt(editor, 'join-link', 'the list with the way to become an edge');
      await panel.getByRole('button', { name: 'Make this Node-RED an edge…' }).click();
      const form = page.getByRole('group', { name: 'Make this Node-RED an edge' });
      await form.getByLabel('What the hub shows').fill('a token');
      await form.getByRole('button', { name: 'Make it an edge' }).click();
      await form.getByText('These are no settings of an edge.').waitFor();
      await lookAt(editor, 'join-refused', 'the form with what is no settings');
      await form.getByLabel('What the hub shows').fill(settingsText(added.body.enrolment.settings));
      await form.getByRole('button', { name: 'Make it an edge' }).click();
      const question = page.getByRole('alertdialog');
      await question.getByText('rests while it is an edge: 1 model.').waitFor();
      await lookAt(editor, 'join-question', 'the question about what rests');
      await question.getByRole('button', { name: 'Make it an edge' }).click();
      await page.locator('.mm-tray').getByText('Restart Node-RED now: from then on it is the edge e.').waitFor();
      await editor.button('Close').click();
      await page.locator('.mm-tray').waitFor({ state: 'detached' });
      await panel.getByText('From its next start on this Node-RED is an edge.').waitFor();
      await lookAt(editor, 'join-waits', 'the list before the restart');
      assert.ok((await overflowPx(panel)) <= 0, 'nothing sticks out of the list');
      assert.deepEqual(editor.complaints, []);
    }
    await other.restart();
    {
      await using editor = await Editor.open(other);
      const { page } = editor;
      page.setDefaultTimeout(30_000);
      const sidebar = await editor.showModels();
      const notice = sidebar.getByRole('region', { name: 'The hub of this edge' });
      await notice.getByText('enrolled · connected to the broker · the hub is there').waitFor();
      await notice.getByRole('button', { name: 'Token and leaving' }).click();
      await notice.getByRole('button', { name: 'Leave the hub…' }).click();
      const question = notice.getByRole('alertdialog');
      await question.getByText('To be a hub again, restart Node-RED.').waitFor();
      await question.getByRole('button', { name: 'Leave the hub' }).click();
      await notice.getByText('To be a hub again, restart Node-RED.').waitFor();
      await lookAt(editor, 'left-hub', 'an edge that left its hub');
      assert.deepEqual(editor.complaints, []);
    }
    await other.restart();
    await using editor = await Editor.open(other);
    const sidebar = await editor.showModels();
    await sidebar.getByRole('tab', { name: 'Models' }).click();
    await sidebar.getByRole('button', { name: /own/ }).waitFor();
    assert.equal(await sidebar.getByRole('region', { name: 'The hub of this edge' }).count(), 0);
    assert.deepEqual(editor.complaints, []);
  });
});
