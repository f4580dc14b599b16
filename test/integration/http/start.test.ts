import assert from 'node:assert/strict';
import { join } from 'node:path';
import { AdminClient, SECRET } from '../../support/admin-client';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

const routes: readonly (readonly [string, string, (object | Buffer)?])[] = [
  ['GET', 'health'],
  ['GET', 'metrics'],
  ['GET', 'models'],
  ['POST', 'models', { name: 'm' }],
  ['GET', 'models/plus'],
  ['PATCH', 'models/plus', {}],
  ['DELETE', 'models/plus'],
  ['GET', 'models/plus/audit'],
  ['GET', 'models/plus/activity'],
  ['GET', 'models/plus/versions'],
  ['POST', 'models/plus/versions', Buffer.alloc(200_000)],
  ['GET', 'models/plus/versions/1'],
  ['PATCH', 'models/plus/versions/1', {}],
  ['DELETE', 'models/plus/versions/1'],
  ['GET', 'models/plus/versions/1/file'],
  ['GET', 'models/plus/versions/1/export'],
  ['PUT', 'models/plus/aliases/deployed', { version: 1 }],
  ['DELETE', 'models/plus/aliases/canary'],
  ['POST', 'models/plus/rollback'],
  ['POST', 'models/plus/inference-flow', {}],
  ['POST', 'models/plus/versions/1/infer', { payload: [1, 2, 3, 4] }],
  ['POST', 'garbage-collection'],
];

describe('a start that does not succeed, over HTTP', function () {
  this.timeout(120_000);

  it('GIVEN_a_data_folder_in_use_WHEN_a_second_Node-RED_starts_THEN_it_says_so_on_every_route_and_takes_over_later', async () => {
    await using first = await NodeRed.start();
    const upload = await first.api('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    assert.equal(upload.status, 201, upload.text);
    const dataDir = join(first.userDir, 'model-management');
    await using second = await NodeRed.start({ modelManagement: { dataDir, broker: { url: `mqtt://u:${SECRET}@h` } } });
    const api = new AdminClient(second);
    for (const [method, path, body] of routes) {
      const error = await api.refused(503, 'DATA_DIR_LOCKED', method, path, body);
      assert.match(error.hint, /dataDir/);
    }
    await api.refused(404, 'NOT_FOUND', 'GET', 'nothing');
    await api.refused(400, 'INVALID_JSON', 'POST', 'models', '{');
    assert.equal((await first.api('GET', 'models/plus')).status, 200, 'the first one is not disturbed');
    await first.stop();
    await waitFor(async () => (await api.send('GET', 'models/plus')).status === 200, {
      what: 'the second Node-RED to take over',
      timeoutMs: 20_000,
      intervalMs: 100,
    });
    const { payload } = await api.ok<{ payload: unknown }>(200, 'POST', 'models/plus/versions/1/infer', {
      payload: [1, 2, 3, 4],
    });
    assert.deepEqual(payload, [2, 3, 4, 5]);
  });

  it('GIVEN_settings_that_are_wrong_WHEN_Node-RED_starts_THEN_every_route_names_the_key_and_shows_no_value', async () => {
    await using nodeRed = await NodeRed.start({
      modelManagement: { maxModelSizeBytes: SECRET, broker: { url: `mqtt://u:${SECRET}@h` } },
    });
    const api = new AdminClient(nodeRed);
    for (const [method, path, body] of routes) {
      const error = await api.refused(503, 'BAD_SETTINGS', method, path, body);
      assert.match(`${error.message} ${error.hint}`, /modelManagement\.maxModelSizeBytes.*settings\.js/s);
    }
  });
});
