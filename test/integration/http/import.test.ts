import assert from 'node:assert/strict';
import type { ClearbladeImport } from '../../../lib/pipeline/clearblade';
import { AdminClient } from '../../support/admin-client';
import { basicAlgebraRow, quickPipelineRow } from '../../support/clearblade-rows';
import { NodeRed } from '../../support/node-red';
import { buildModel, irisModel } from '../../support/onnx-models';

describe('the import from the original over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const importOf = (body: object): Promise<ClearbladeImport> => api.ok(200, 'POST', 'import/clearblade', body);

  before(async () => {
    nodeRed = await NodeRed.start({ modelManagement: { broker: { url: 'mqtt://127.0.0.1:2' } } });
    api = new AdminClient(nodeRed);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('answers flows for the broker of the settings, jobs and warnings, and changes nothing', async () => {
    const before = await nodeRed.request('GET', 'flows');
    const { flows, jobs, warnings } = await importOf({ pipelines: [quickPipelineRow(), basicAlgebraRow()] });
    assert.equal(flows.filter(({ type }) => type === 'tab').length, 2);
    assert.deepEqual(
      flows.flatMap(({ type, broker, port }) => (type === 'mqtt-broker' ? [[broker, port]] : [])),
      [['127.0.0.1', '2']],
    );
    assert.deepEqual(jobs, []);
    assert.ok(warnings.length > 0);
    assert.deepEqual((await nodeRed.request('GET', 'flows')).body, before.body);
  });

  it('tells which models and libraries are here', async () => {
    const ask = async () => (await importOf({ pipelines: [quickPipelineRow(), basicAlgebraRow()] })).requires;
    const names = ['pipelib_add', 'pipelib_multiply', 'pipelib_subtract'];
    assert.deepEqual(await ask(), {
      models: [{ name: 'iris', isPresent: false }],
      libraries: names.map((name) => ({ name, isPresent: false })),
    });
    await api.ok(201, 'POST', 'models/iris/versions?create=true', buildModel(irisModel()));
    await api.ok(200, 'PUT', 'libraries/pipelib_add', { source: 'module.exports = ({ a, b }) => a + b;' });
    const { models, libraries } = await ask();
    assert.deepEqual(models, [{ name: 'iris', isPresent: true }]);
    assert.deepEqual(
      libraries.filter(({ isPresent }) => isPresent),
      [{ name: 'pipelib_add', isPresent: true }],
    );
  });

  it('an empty body is an empty import', async () => {
    const none = { flows: [], jobs: [], warnings: [], requires: { models: [], libraries: [] } };
    assert.deepEqual(await importOf({}), none);
  });

  for (const [what, body, field] of [
    ['a list', [], 'body'],
    ['steps that are no JSON', { pipelines: [{ name: 'x', steps: '{' }] }, 'pipelines.0.steps'],
    ['a step called __proto__', '{"pipelines":[{"steps":{"__proto__":{}}}]}', 'pipelines.0.steps.__proto__'],
    [
      'ten thousand steps',
      { pipelines: [{ steps: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [index, {}])) }] },
      'pipelines.0.steps',
    ],
    ['a very deep nesting', `{"pipelines":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'pipelines.0'],
  ] as const) {
    it(`${what} is refused, naming the field`, async () => {
      const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'import/clearblade', body);
      assert.equal(error.details?.['field'], field, error.message);
    });
  }

  it('a body over the limit of Node-RED is told as that', async () => {
    const huge = { pipelines: [{ name: 'x'.repeat(6_000_000), steps: {} }] };
    await api.refused(413, 'PAYLOAD_TOO_LARGE', 'POST', 'import/clearblade', huge);
  });
});
