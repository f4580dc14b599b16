import assert from 'node:assert/strict';
import { basicAlgebraRow, haltingSubscriptionRow, quickPipelineRow } from '../support/clearblade-rows';
import { Mosquitto, mosquittoPath } from '../support/mosquitto';
import { MqttListener } from '../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { buildModel, irisModel } from '../support/onnx-models';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { chromiumPath, Editor } from './editor';

const libraries: Readonly<Record<string, string>> = {
  pipelib_add: 'module.exports = ({ a, b }) => a + b;',
  pipelib_subtract: 'module.exports = ({ a, b }) => a - b;',
  pipelib_multiply: "module.exports = (input) => input['c0ffee00-add'] * input['c0ffee00-sub'];",
};

describe(`pipelines imported in the editor of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);

  it('get new ids, keep their stored configuration when their dialogs are opened, and work after Deploy', async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using nodeRed = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    assert.equal((await nodeRed.api('POST', 'models/iris/versions?create=true', buildModel(irisModel()))).status, 201);
    for (const [name, source] of Object.entries(libraries)) {
      assert.equal((await nodeRed.api('PUT', `libraries/${name}`, { source })).status, 200);
    }
    await using mqtt = await MqttListener.on(broker, ['algebra/write', 'halt/write']);
    await using editor = await Editor.open(nodeRed);
    await editor.showModels();
    await editor.button('Import from ClearBlade…').click();
    const rows = [basicAlgebraRow(), haltingSubscriptionRow(), quickPipelineRow()];
    await editor.page.getByLabel('Exported rows').fill(JSON.stringify(rows));
    await editor.button('Show what it becomes').click();
    await editor.button('Put 3 pipelines into the editor').click();
    await editor.page.getByText('3 pipelines are in the editor.').waitFor();
    await editor.deploy();

    const ours = (await editor.nodes()).filter(({ type }) => type === 'pipelib' || type === 'onnx-model');
    assert.equal(ours.length, 5);
    for (const { id } of ours) {
      await editor.editNode(id);
      await editor.saveNode();
    }
    const after = await editor.nodes();
    assert.deepEqual(
      ours.map(({ id }) => after.find((node) => node.id === id)),
      ours,
    );

    const answer = await waitFor(
      async () => {
        await mqtt.publish('algebra/read', { a: 7, b: 3 });
        return mqtt.on('algebra/write')[0];
      },
      { intervalMs: 50, what: 'the product of sum and difference' },
    );
    assert.equal(answer, 40);
    await waitFor(
      async () => {
        await mqtt.publish('halt/read', 1);
        await mqtt.publish('halt/approve', { go: true });
        return mqtt.on('halt/write').length > 0;
      },
      { intervalMs: 50, what: 'a run that was let go' },
    );
    assert.deepEqual(mqtt.on('halt/write')[0], { go: true });
    assert.deepEqual(editor.complaints, []);
  });
});
