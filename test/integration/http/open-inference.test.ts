import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NodeRed } from '../../support/node-red';
import { buildModel, identityModel, irisModel, twoInputModel } from '../../support/onnx-models';
import * as schema from '../../support/open-inference-schema';
import { pythonWith } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const settings = "httpNodeRoot: '/flows', httpNodeAuth: { user: 'plant', pass: 'none' },";
const modelManagement = { openInference: { enabled: true } };
const features = { name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] };

/** By tritonclient, which nobody here has written. */
const clientProgram = `
import json, sys
import numpy
import tritonclient.http as http
from tritonclient.utils import InferenceServerException
client = http.InferenceServerClient(sys.argv[1])
found = {}
found['live'] = client.is_server_live()
found['ready'] = client.is_server_ready()
found['server'] = client.get_server_metadata()
found['model_ready'] = [client.is_model_ready('iris'), client.is_model_ready('iris', '1'), client.is_model_ready('none')]
found['metadata'] = client.get_model_metadata('iris')
rows = numpy.array([[5.1, 3.5, 1.4, 0.2], [7, 3.2, 4.7, 1.4]], dtype=numpy.float32)
def infer(model, arrays, version='', binary=True, outputs=None):
    inputs = []
    for name, array, datatype in arrays:
        one = http.InferInput(name, array.shape, datatype)
        one.set_data_from_numpy(array, binary_data=binary)
        inputs.append(one)
    wanted = [http.InferRequestedOutput(name, binary_data=binary) for name in outputs] if outputs else None
    return client.infer(model, inputs, model_version=version, outputs=wanted, request_id='a1')
found['same'] = []
for binary in (True, False):
    result = infer('iris', [('features', rows, 'FP32')], binary=binary, outputs=['probabilities'])
    found['same'].append(result.as_numpy('probabilities').tolist())
found['response'] = {k: result.get_response()[k] for k in ('model_name', 'model_version', 'id')}
found['version'] = infer('iris', [('features', rows, 'FP32')], version='1').get_response()['model_version']
found['alias'] = infer('iris', [('features', rows, 'FP32')], version='latest').get_response()['model_version']
two = infer('two', [('a', numpy.array([[1, 2]], dtype=numpy.float32), 'FP32'), ('b', numpy.array([[10, 2**53 + 1]], dtype=numpy.int64), 'INT64')])
found['two'] = [two.as_numpy('sum').tolist(), two.as_numpy('count').tolist()]
words = numpy.array([['\u00fc', 'b']], dtype=numpy.object_)
for binary in (True, False):
    text = infer('words', [('x', words, 'BYTES')], binary=binary, outputs=['y']).as_numpy('y')
    found.setdefault('words', []).append([w.decode() if isinstance(w, bytes) else w for w in text[0]])
try:
    infer('iris', [('features', rows.astype(numpy.float64), 'FP64')])
except InferenceServerException as error:
    found['error'] = error.message()
print(json.dumps(found))
`;

describe('the Open Inference Protocol', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await NodeRed.start({ modelManagement, settings: `httpNodeRoot: '/flows',` });
    for (const [name, spec] of [
      ['iris', irisModel(1)],
      ['iris', irisModel(2)],
      ['two', twoInputModel()],
      ['words', identityModel('string', ['N', 2])],
    ] as const) {
      const answer = await nodeRed.api('POST', `models/${name}/versions?create=true`, buildModel(spec));
      assert.equal(answer.status, 201, answer.text);
    }
  });
  after(async () => nodeRed[Symbol.asyncDispose]());

  const get = (path: string) => nodeRed.request('GET', `flows/v2${path}`);
  const infer = (path: string, body: unknown) =>
    nodeRed.request('POST', `flows/v2/models/${path}/infer`, typeof body === 'string' ? body : JSON.stringify(body), {
      'content-type': 'application/json',
    });

  it('answers every question as the published schema says', async () => {
    schema.MetadataServerResponse.parse((await get('')).body);
    for (const path of ['/health/live', '/health/ready', '/models/iris/ready', '/models/iris/versions/2/ready']) {
      assert.equal((await get(path)).status, 200, path);
    }
    const metadata = schema.MetadataModelResponse.parse((await get('/models/iris/versions/1')).body);
    assert.deepEqual(metadata, {
      name: 'iris',
      versions: ['2', '1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }],
    });
    const answer = await infer('iris', { id: '42', inputs: [features] });
    assert.equal(answer.status, 200, answer.text);
    const { id, model_version, outputs } = schema.InferenceResponse.parse(answer.body);
    assert.deepEqual([id, model_version, outputs[0]?.shape], ['42', '1', [1, 3]]);
  });

  for (const { name, path, body, status, words } of [
    { name: 'an unknown model', path: 'none', body: { inputs: [features] }, status: 404, words: /no model/i },
    { name: 'an unknown version', path: 'iris/versions/9', body: { inputs: [features] }, status: 404, words: /9/ },
    { name: 'no JSON', path: 'iris', body: '{', status: 400, words: /JSON/ },
    { name: 'a missing input', path: 'iris', body: { inputs: [] }, status: 422, words: /input "features" is missing/ },
    {
      name: 'a wrong shape',
      path: 'iris',
      body: { inputs: [{ ...features, shape: [4, 1] }] },
      status: 422,
      words: /refused the input/,
    },
  ]) {
    it(`refuses ${name} in words`, async () => {
      const answer = await infer(path, body);
      assert.equal(answer.status, status, answer.text);
      assert.match(schema.ErrorResponse.parse(answer.body).error, words);
    });
  }

  it('says which Content-Type to send where the admin API has read the body as a form, as curl -d names it', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = JSON.stringify({ inputs: [features] });
    const answer = await nodeRed.request('POST', 'flows/v2/models/iris/infer', body, form);
    assert.equal(answer.status, 400);
    assert.match(schema.ErrorResponse.parse(answer.body).error, /Content-Type: application\/json/);
  });

  it('refuses an encoding, and a length that is none', async () => {
    const post = (headers: Record<string, string>) =>
      nodeRed.request('POST', 'flows/v2/models/iris/infer', '{}', headers);
    assert.equal((await post({ 'content-encoding': 'br' })).status, 400);
    assert.equal((await post({ 'inference-header-content-length': '-1' })).status, 400);
  });

  it('is understood by tritonclient, with tensors as JSON and as bytes', async function () {
    this.timeout(300_000);
    const python = await pythonWith('tritonclient', ['tritonclient[http]']);
    requireOrSkip(this, python !== null, 'Python with tritonclient from the package index');
    if (!python) return;
    const child = spawn(python, ['-c', clientProgram, `127.0.0.1:${nodeRed.port}/flows`]);
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => output.push(String(text)));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0, output.join(''));
    const found = JSON.parse(output.join('').trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual([found['live'], found['ready']], [true, true]);
    assert.deepEqual(found['model_ready'], [true, true, false]);
    const [binary, json] = found['same'] as number[][][];
    assert.deepEqual(binary, json);
    assert.deepEqual([binary?.length, binary?.[0]?.length], [2, 3]);
    assert.deepEqual(found['response'], { model_name: 'iris', model_version: '1', id: 'a1' });
    assert.deepEqual([found['version'], found['alias']], ['1', '2']);
    assert.deepEqual(found['words'], [
      ['ü', 'b'],
      ['ü', 'b'],
    ]);
    const [sum, count] = found['two'] as number[][][];
    assert.equal(sum?.[0]?.[0], 11);
    assert.equal(count?.[0]?.[0], 10);
    assert.match(String(found['error']), /"features" is FP32, "FP64" came/);
  });
});

describe('the Open Inference Protocol in settings.js', function () {
  this.timeout(120_000);

  it('is off unless it is switched on', async () => {
    await using nodeRed = await NodeRed.start();
    assert.equal((await nodeRed.request('GET', 'v2/health/live')).status, 404);
  });

  it('is behind httpNodeAuth and httpNodeMiddleware, and warns where there is no httpNodeAuth', async () => {
    const middleware =
      "httpNodeMiddleware: (request, response, next) => { response.setHeader('x-middleware', '1'); next(); },";
    const open = await NodeRed.start({ modelManagement, settings: middleware });
    try {
      const answer = await open.request('GET', 'v2');
      assert.deepEqual([answer.status, answer.headers.get('x-middleware')], [200, '1']);
      await waitFor(() => open.log.includes('open to all'), { what: 'the warning' });
    } finally {
      await open[Symbol.asyncDispose]();
    }
    await using closed = await NodeRed.start({ modelManagement, settings });
    assert.equal((await closed.request('GET', 'flows/v2')).status, 401);
    assert.doesNotMatch(closed.log, /open to all/);
  });
});
