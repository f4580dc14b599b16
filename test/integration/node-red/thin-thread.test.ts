import assert from 'node:assert/strict';
import type { Version } from '../../../lib/registry/types';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

describe(`a model in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);

  it('uploaded by the API answers messages of mqtt in on mqtt out, and is swapped and rolled back live', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using nodeRed = await NodeRed.start();
    const first = await nodeRed.api<Version>('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    assert.equal(first.status, 201, first.text);
    await using mqtt = await MqttListener.on(broker, ['out', 'errors']);
    await nodeRed.deploy(modelFlow({ model: 'plus', brokerPort: broker.port }));
    await waitFor(() => nodeRed.log.includes('Connected to broker'), { what: 'Node-RED to reach the broker' });

    assert.deepEqual(await mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);

    const second = await nodeRed.api<Version>('POST', 'models/plus/versions', buildModel(addModel(100)));
    assert.equal(second.status, 201, second.text);
    assert.deepEqual(await mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5], 'an upload alone deploys nothing');

    const deployed = await nodeRed.api('PUT', 'models/plus/aliases/deployed', { version: 2 });
    assert.equal(deployed.status, 200, deployed.text);
    assert.deepEqual(await mqtt.ask('in', [[1, 2, 3, 4]], 'out'), [[101, 102, 103, 104]]);

    const back = await nodeRed.api('POST', 'models/plus/rollback');
    assert.equal(back.status, 200, back.text);
    assert.deepEqual(await mqtt.ask('in', [1, 2, 3, 4], 'out'), [2, 3, 4, 5]);
  });
});
