import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FlowNode, NodeRed, nodeRedMajor } from '../support/node-red';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder';
import { waitFor } from '../support/wait-for';
import { breakNativeRuntime, installInto, packProject, removeNativeRuntime, wasmFolder } from './installed-package';

const packageName = '@edge-models/node-red-model-management';
const sample = { sepal_length: 7, sepal_width: 3.2, petal_length: 4.7, petal_width: 1.4 };
const model = join(__dirname, '..', '..', 'example-models', 'iris-1.onnx');

interface LoadedSet {
  readonly id: string;
  readonly enabled: boolean;
  readonly err?: unknown;
}

/** POST /classify answers with the model's result or, with status 500, the error; GET /status tells the node's status. */
const nodes: readonly FlowNode[] = [
  { id: 't', type: 'tab', label: 'smoke' },
  { id: 'in', type: 'http in', z: 't', url: '/classify', method: 'post', wires: [['model']] },
  { id: 'model', type: 'onnx-model', z: 't', configVersion: 1, model: 'iris', format: 'label', wires: [['out']] },
  { id: 'catch', type: 'catch', z: 't', scope: ['model'], wires: [['error']] },
  {
    id: 'error',
    type: 'change',
    z: 't',
    rules: [
      { t: 'set', p: 'payload', pt: 'msg', to: 'error', tot: 'msg' },
      { t: 'set', p: 'statusCode', pt: 'msg', to: '500', tot: 'num' },
    ],
    wires: [['out']],
  },
  { id: 'status', type: 'status', z: 't', scope: ['model'], wires: [['keep']] },
  {
    id: 'keep',
    type: 'change',
    z: 't',
    rules: [{ t: 'set', p: 'status', pt: 'flow', to: 'status', tot: 'msg' }],
    wires: [[]],
  },
  { id: 'ask', type: 'http in', z: 't', url: '/status', method: 'get', wires: [['tell']] },
  {
    id: 'tell',
    type: 'change',
    z: 't',
    rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'status', tot: 'flow' }],
    wires: [['out']],
  },
  { id: 'out', type: 'http response', z: 't', statusCode: '', wires: [] },
];
/** Node-RED takes a node without a position for a configuration node. */
const flows = nodes.map((node) => (node.type === 'tab' ? node : { ...node, x: 100, y: 100 }));

describe(`the packed package in an empty Node-RED ${nodeRedMajor}`, function () {
  this.timeout(240_000);
  let folder: TemporaryFolder;
  let userDir: TemporaryFolder;
  let nodeRed: NodeRed | undefined;

  const start = async (): Promise<NodeRed> => {
    nodeRed = await NodeRed.start({ userDir: userDir.path, packageFolder: null, flows });
    return nodeRed;
  };

  before(async () => {
    folder = await temporaryFolder('mm-pack-');
    userDir = await temporaryFolder('mm-installed-');
    await installInto(userDir.path, await packProject(folder.path));
  });

  afterEach(async () => {
    await nodeRed?.[Symbol.asyncDispose]();
    nodeRed = undefined;
  });

  after(async () => {
    await userDir[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('loads its node and its plugin, serves the sidebar, takes a model and answers with it', async () => {
    const red = await start();
    for (const [path, id] of [
      ['nodes', `${packageName}/onnx-model`],
      ['plugins', `${packageName}/model-management`],
    ] as const) {
      const { body } = await red.request<LoadedSet[]>('GET', path, undefined, { accept: 'application/json' });
      const set = body.find((entry) => entry.id === id);
      assert.ok(set, `${id} is not among the ${path}`);
      assert.deepEqual([set.enabled, set.err], [true, undefined]);
    }
    const script = await red.request('GET', `resources/${packageName}/model-management.js`);
    assert.equal(script.status, 200);

    const health = await red.api<{ engine: { kind: string } }>('GET', 'health');
    assert.equal(health.status, 200);
    assert.equal(health.body.engine.kind, 'native');

    const upload = await red.api('POST', 'models/iris/versions?create=true', await readFile(model));
    assert.equal(upload.status, 201, upload.text);
    const tried = await red.api<{ payload: { label: string; score: number } }>(
      'POST',
      'models/iris/versions/deployed/infer',
      { payload: sample, format: 'label' },
    );
    assert.equal(tried.status, 200, tried.text);
    assert.equal(tried.body.payload.label, 'virginica');
    assert.equal(tried.body.payload.score.toFixed(3), '0.595');

    const answered = await red.request<{ label: string }>('POST', 'classify', sample);
    assert.equal(answered.status, 200, answered.text);
    assert.equal(answered.body.label, 'virginica');
  });

  interface Health {
    readonly engine: { readonly kind: string; readonly version: string | null; readonly reason?: string };
  }

  async function answersByWasm(red: NodeRed): Promise<string> {
    const health = await red.api<Health>('GET', 'health');
    assert.equal(health.status, 200);
    const { kind, version, reason = '' } = health.body.engine;
    assert.deepEqual([kind, version], ['wasm', 'onnxruntime-web 1.30.0']);
    assert.match(reason, /npm install onnxruntime-node/);
    const answered = await red.request<{ label: string; score: number }>('POST', 'classify', sample);
    assert.equal(answered.status, 200, answered.text);
    assert.deepEqual([answered.body.label, answered.body.score.toFixed(3)], ['virginica', '0.595']);
    return reason;
  }

  it('brings the documents that its README leads to', async () => {
    const installed = join(userDir.path, 'node_modules', packageName);
    const readme = await readFile(join(installed, 'README.md'), 'utf8');
    const linked = [...readme.matchAll(/\]\((?![a-z]+:|#)([^)#]+)/g)].map(([, path = '']) => join(installed, path));
    assert.ok(linked.length > 0);
    await Promise.all(linked.map((path) => stat(path)));
  });

  it('brings the runtime in WebAssembly, in three files and its license', async () => {
    const files = await readdir(wasmFolder(userDir.path));
    assert.deepEqual(files.sort(), [
      'LICENSE.txt',
      'onnxruntime-web.js',
      'ort-wasm-simd-threaded.mjs',
      'ort-wasm-simd-threaded.wasm',
    ]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(wasmFolder(userDir.path), file))).size));
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 15_000_000, String(sizes));
  });

  it('GIVEN_no_native_runtime_WHEN_node_red_starts_THEN_models_answer_in_WebAssembly_and_health_says_why', async () => {
    await removeNativeRuntime(userDir.path);
    assert.match(await answersByWasm(await start()), /Cannot find module/);
  });

  it('GIVEN_a_native_runtime_that_does_not_load_WHEN_node_red_starts_THEN_models_answer_in_WebAssembly', async () => {
    await breakNativeRuntime(userDir.path);
    assert.match(
      await answersByWasm(await start()),
      /onnxruntime-node could not be loaded: .*(file too short|invalid ELF|not a|dlopen)/,
    );
  });

  it('GIVEN_no_runtime_at_all_WHEN_node_red_starts_THEN_health_node_and_message_say_what_is_missing', async () => {
    await rm(wasmFolder(userDir.path), { recursive: true });
    const red = await start();

    const health = await red.api<{ engine: { kind: string } }>('GET', 'health');
    assert.equal(health.status, 200);
    assert.equal(health.body.engine.kind, 'none');
    assert.match(JSON.stringify(health.body.engine), /npm install onnxruntime-node/);

    const isTold = async (): Promise<boolean> => {
      const { body, text } = await red.request<{ fill?: string; text?: string }>('GET', 'status');
      assert.deepEqual([body.fill, body.text], ['red', 'no ONNX runtime'], text);
      return true;
    };
    await waitFor(isTold, { what: 'the node to say what is missing' });

    const answered = await red.request<{ code?: string; message: string }>('POST', 'classify', sample);
    assert.equal(answered.status, 500, answered.text);
    assert.match(answered.text, /onnxruntime-node/);
    assert.equal((await red.api('GET', 'models/iris')).status, 200, 'the registry works without an engine');
  });
});
