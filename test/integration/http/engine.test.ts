import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, Version } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { modelFlow } from '../../support/flows';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel, identityModel } from '../../support/onnx-models';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

interface Health {
  readonly engine: {
    readonly kind: string;
    readonly reason?: string;
    readonly models: readonly { readonly model: string; readonly state: string }[];
  };
}

const body = { payload: [1, 2, 3, 4] };
const root = join(__dirname, '..', '..', '..');

/** The built package where no `node_modules` holds the native runtime, without the one in WebAssembly. */
async function packageWithoutRuntime(folder: string): Promise<string> {
  for (const part of ['dist', 'resources', 'package.json']) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await rm(join(folder, 'dist', 'lib', 'inference', 'child', 'wasm'), { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name === 'onnxruntime-node' || name.startsWith('.')) continue;
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

describe('an engine that cannot run a model, over HTTP', function () {
  this.timeout(120_000);

  it('GIVEN_no_runtime_WHEN_models_are_kept_THEN_all_but_running_them_works', async () => {
    await using folder = await temporaryFolder();
    await using nodeRed = await NodeRed.start({ packageFolder: await packageWithoutRuntime(folder.path) });
    const api = new AdminClient(nodeRed);
    const first = await api.ok<Version>(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    assert.deepEqual(first.aliases, ['deployed']);
    await api.ok(201, 'POST', 'models/plus/versions', buildModel(addModel(2)));
    const moved = await api.ok<Model>(200, 'PUT', 'models/plus/aliases/deployed', { version: 2 });
    assert.deepEqual(moved.aliases, { deployed: 2 });
    assert.deepEqual((await api.ok<Model>(200, 'POST', 'models/plus/rollback')).aliases, { deployed: 1 });
    await api.refused(
      409,
      'SIGNATURE_CHANGED',
      'POST',
      'models/plus/versions?alias=deployed',
      buildModel(identityModel('int8')),
    );
    await api.refused(422, 'INVALID_MODEL', 'POST', 'models/plus/versions', Buffer.from('none'));
    await api.refused(503, 'ENGINE_UNAVAILABLE', 'POST', 'models/plus/versions/1/infer', body);
    await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/versions/1/infer', { payload: 'x' });
    const { engine } = await api.ok<Health>(200, 'GET', 'health');
    assert.deepEqual([engine.kind, engine.models], ['none', []]);
    assert.ok((engine.reason ?? '').length > 10);
    assert.match(await api.ok<string>(200, 'GET', 'metrics'), /^model_management_engine_available 0$/m);
  });

  it('GIVEN_a_process_for_one_model_WHEN_a_second_shall_run_THEN_ENGINE_FULL_and_nothing_moves', async () => {
    await using nodeRed = await NodeRed.start({ modelManagement: { engine: { maxProcesses: 1 } } });
    const api = new AdminClient(nodeRed);
    await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    await nodeRed.deploy(modelFlow({ model: 'plus', brokerPort: 1 }));
    await waitFor(
      async () => {
        const { engine } = await api.ok<Health>(200, 'GET', 'health');
        return engine.models.some(({ model, state }) => model === 'plus' && state === 'ready');
      },
      { what: 'the model of the node to run' },
    );
    const path = 'models/same/versions';
    await api.ok(201, 'POST', `${path}?create=true`, buildModel(identityModel()));
    await api.ok(201, 'POST', path, buildModel(addModel(9)));
    await api.refused(503, 'ENGINE_FULL', 'POST', 'models/same/versions/1/infer', body);
    await api.refused(503, 'ENGINE_FULL', 'PUT', 'models/same/aliases/deployed', { version: 2 });
    await api.refused(503, 'ENGINE_FULL', 'POST', `${path}?alias=deployed`, buildModel(addModel(10)));
    // Nobody follows this one, so nothing has to run for it.
    await api.ok(200, 'PUT', 'models/same/aliases/canary', { version: 2 });
    const { aliases, latestVersion } = await api.ok<Model>(200, 'GET', 'models/same');
    assert.deepEqual([aliases, latestVersion], [{ canary: 2, deployed: 1 }, 2]);
  });
});
