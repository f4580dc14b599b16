import assert from 'node:assert/strict';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { MqttListener } from '../support/mqtt-listener';
import { NodeRed } from '../support/node-red';
import { addModel, buildModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { type ChosenFile, chromiumPath, Editor } from './editor';

function modelFile(name: string, constant: number): ChosenFile {
  return { name, mimeType: 'application/octet-stream', buffer: buildModel(addModel(constant)) };
}

describe('the models tab with a real broker', function () {
  this.timeout(120_000);

  it('takes a model from the upload to answers over MQTT, swaps it under the running flow and rolls it back', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using nodeRed = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    await using listener = await MqttListener.on(broker, ['plus/write']);
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    let marker = 0;
    /** What the flow adds to a number now: a number of its own per question tells late answers apart. */
    const addedNow = async (): Promise<number> => {
      marker += 1_000;
      const sent = marker;
      const answer = await waitFor(
        async () => {
          await listener.publish('plus/read', [sent, 0, 0, 0]);
          return listener.on('plus/write').find((row) => Math.abs(Number((row as number[])[0]) - sent) < 500);
        },
        { what: 'an answer over MQTT', intervalMs: 100 },
      );
      return Number((answer as number[])[0]) - sent;
    };

    const panel = await editor.showModels();
    await panel.getByText('No models yet.').waitFor();
    await editor.button('New').click();
    await page.locator('.mm-upload input[type=file]').setInputFiles(modelFile('Plus (1).onnx', 1));
    assert.equal(await page.getByLabel('Model', { exact: true }).inputValue(), 'Plus-1');
    await editor.upload(modelFile('Plus (1).onnx', 1), { name: 'plus' });
    await page.getByText('plus v1 is stored and deployed.').waitFor();
    await editor.picture('uploaded');
    await editor.button('Open plus').click();

    await editor.button('Create inference pipeline').click();
    await editor.picture('pipeline-form');
    await editor.button('Put it into the editor').click();
    await page.locator('g.red-ui-flow-node').nth(2).waitFor();
    await editor.picture('pipeline');
    await editor.deploy();
    await panel.getByText('used by 1 node').waitFor();
    assert.equal(await addedNow(), 1);
    const { rev } = (
      await nodeRed.request<{ rev: string }>('GET', 'flows', undefined, { 'node-red-api-version': 'v2' })
    ).body;

    await panel.getByRole('button', { name: /plus/ }).click();
    await editor.button('Create inference pipeline').click();
    const chosen = page.getByLabel('Broker').locator('option:checked');
    assert.notEqual(await chosen.getAttribute('value'), '', 'the only broker of the flows is offered first');
    await editor.button('Cancel').click();
    await editor.button('New version').click();
    await editor.upload(modelFile('second.onnx', 2));
    await page.getByText('plus v2 is stored. It is not in service yet.').waitFor();
    await editor.button('Deploy now').click();
    await page.getByText('1 node will answer with v2. v1 stays ready for rollback.').waitFor();
    await editor.picture('deploy-question');
    assert.equal(await addedNow(), 1, 'nothing moves before the question is answered');
    await editor.button('Deploy v2').click();
    await page.getByText('plus v2 is stored and deployed.').waitFor();
    assert.equal(await addedNow(), 2);

    await editor.button('Roll back to v1').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back to v1' }).click();
    await page.getByText('deployed v1 · latest v2').waitFor();
    assert.equal(await addedNow(), 1);
    await editor.picture('rolled-back');
    const after = await nodeRed.request<{ rev: string }>('GET', 'flows', undefined, { 'node-red-api-version': 'v2' });
    assert.equal(after.body.rev, rev, 'the flow was not deployed again');
    assert.deepEqual(editor.complaints, []);
  });
});
