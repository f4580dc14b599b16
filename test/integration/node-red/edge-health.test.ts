import assert from 'node:assert/strict';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel, type ModelSpec } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

/** Loads and warms, as zeros are within its table; any request with a 2 or more fails. */
const failingModel: ModelSpec = {
  nodes: [
    { op: 'Cast', inputs: ['x'], outputs: ['i'], attributes: { to: 7 } },
    { op: 'Gather', inputs: ['table', 'i'], outputs: ['y'], attributes: { axis: 0 } },
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['N', 4] }],
  weights: [{ name: 'table', type: 'float32', dims: [2], values: [5, 6] }],
};

describe(`the health of a new version on an edge of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);

  it('GIVEN_a_version_that_fails_its_requests_THEN_the_edge_goes_back_by_itself_AND_says_so_once_the_one_before_serves', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using mqtt = await MqttListener.on(broker, ['out', 'errors', 'probe-answer']);
    await using hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await hub.api<T>(method, path, body);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
      return answer.body;
    };
    await ask('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    await ask('POST', 'models/plus/versions', buildModel(failingModel));
    const { enrolment } = await ask<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
      name: 'edge-2',
    });
    await using _edge = await NodeRed.start({
      modelManagement: enrolment.settings,
      flows: modelFlow({ model: 'plus', brokerPort: broker.port }),
    });
    const plus = async () => (await ask<EdgeView>('GET', 'edges/edge-2')).models[0];
    const runs = (version: number) =>
      waitFor(
        async () => {
          const model = await plus();
          return model?.state === 'running' && model.reported === version;
        },
        { what: `version ${version} to run` },
      );
    await ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version: 1 }] });
    await runs(1);
    await waitFor(async () => {
      await mqtt.publish('probe', 'listening');
      return mqtt.on('probe-answer').includes('listening');
    });
    assert.deepEqual(await mqtt.ask('in', [9, 9, 9, 9], 'out'), [10, 10, 10, 10]);
    await ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version: 2 }] });
    await runs(2);
    for (let n = 0; n < 20; n += 1) await mqtt.publish('in', [9, 9, 9, 9]);
    await waitFor(() => mqtt.on('errors').length >= 20, { what: () => `20 errors: ${mqtt.on('errors').length}` });
    const after = await waitFor(
      async () => {
        const model = await plus();
        return model?.state === 'failed' ? model : undefined;
      },
      { what: 'the edge to go back', timeoutMs: 90_000 },
    );
    assert.deepEqual([after.desired, after.reported, after.error?.code], [2, 1, 'VERSION_UNHEALTHY']);
    assert.match(after.error?.message ?? '', /^It was switched back: \d+ of \d+ requests failed\.$/);
    const failedCount = mqtt.on('errors').length;
    assert.deepEqual(await mqtt.ask('in', [9, 9, 9, 9], 'out'), [10, 10, 10, 10]);
    assert.equal(mqtt.on('errors').length, failedCount, 'no request after the report meets the bad version');
    const { items } = await ask<{ items: { text: string }[] }>('GET', 'edges/edge-2/log');
    assert.ok(
      items.some(({ text }) => /^plus returned to version 1: /.test(text)),
      JSON.stringify(items),
    );
  });
});
