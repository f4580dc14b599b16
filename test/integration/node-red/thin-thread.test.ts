import assert from 'node:assert/strict';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';

describe(`a model in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);

  it('uploaded by the API answers messages of mqtt in on mqtt out, and is swapped and rolled back live', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    await lab.deployFlow('plus');
    assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);

    await lab.upload('plus', addModel(100));
    assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5], 'an upload alone deploys nothing');

    await lab.setDeployed('plus', 2);
    assert.deepEqual(await lab.mqtt.ask('in', [[1, 2, 3, 4]], 'out'), [[101, 102, 103, 104]]);

    const back = await lab.nodeRed.api('POST', 'models/plus/rollback');
    assert.equal(back.status, 200, back.text);
    assert.deepEqual(await lab.mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);
  });
});
