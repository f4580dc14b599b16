import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';

/** Users by their token; permissions as an administrator would grant them. */
const settings = `adminAuth: {
  type: 'credentials', users: [],
  tokens: async (token) => ({
    reader: { username: 'reader', permissions: ['read'] },
    'mm-reader': { username: 'mm-reader', permissions: ['model-management.read'] },
    'mm-writer': { username: 'mm-writer', permissions: ['read', 'model-management.write'] },
    'mm-developer': { username: 'mm-developer', permissions: ['read', 'model-management.write', 'flows.write'] },
    'flow-developer': { username: 'flow-developer', permissions: ['read', 'flows.write'] },
    other: { username: 'other', permissions: ['flows.read'] },
    admin: { username: 'admin', permissions: '*' },
  })[token] ?? null,
}`;

const readers = ['reader', 'mm-reader', 'mm-writer', 'mm-developer', 'flow-developer', 'admin'];
const writers = ['mm-writer', 'mm-developer', 'admin'];
/** Storing or running code needs `flows.write` as well. */
const developers = ['mm-developer', 'admin'];
const everybody = ['nobody', 'other', ...readers];

type Route = {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly allowed: readonly string[];
};

/** Every route of the package; a changing one is asked for things that do not exist, so that it changes nothing. */
const routes: readonly Route[] = [
  { method: 'GET', path: 'health', allowed: readers },
  { method: 'GET', path: 'metrics', allowed: readers },
  { method: 'GET', path: 'models', allowed: readers },
  { method: 'POST', path: 'models', body: { name: '-' }, allowed: writers },
  { method: 'GET', path: 'models/plus', allowed: readers },
  { method: 'PATCH', path: 'models/none', body: {}, allowed: writers },
  { method: 'DELETE', path: 'models/none', allowed: writers },
  { method: 'GET', path: 'models/plus/audit', allowed: readers },
  { method: 'GET', path: 'models/plus/activity', allowed: readers },
  { method: 'GET', path: 'models/plus/versions', allowed: readers },
  { method: 'POST', path: 'models/none/versions', body: Buffer.from('x'), allowed: writers },
  { method: 'GET', path: 'models/plus/versions/1', allowed: readers },
  { method: 'PATCH', path: 'models/none/versions/1', body: {}, allowed: writers },
  { method: 'DELETE', path: 'models/none/versions/1', allowed: writers },
  { method: 'GET', path: 'models/plus/versions/1/file', allowed: readers },
  { method: 'GET', path: 'models/plus/versions/1/export', allowed: readers },
  { method: 'PUT', path: 'models/none/aliases/deployed', body: { version: 1 }, allowed: writers },
  { method: 'DELETE', path: 'models/none/aliases/canary', allowed: writers },
  { method: 'POST', path: 'models/none/rollback', allowed: writers },
  { method: 'POST', path: 'models/plus/inference-flow', body: {}, allowed: readers },
  { method: 'POST', path: 'models/plus/versions/1/infer', body: { payload: [1, 2, 3, 4] }, allowed: readers },
  { method: 'GET', path: 'libraries', allowed: readers },
  { method: 'GET', path: 'libraries/pipelib_merge', allowed: readers },
  { method: 'PUT', path: 'libraries/none', body: {}, allowed: developers },
  { method: 'DELETE', path: 'libraries/none', allowed: developers },
  { method: 'GET', path: 'libraries/pipelib_merge/revisions', allowed: readers },
  { method: 'GET', path: 'libraries/pipelib_none/revisions/1', allowed: readers },
  { method: 'POST', path: 'libraries/none/test', body: {}, allowed: developers },
  { method: 'POST', path: 'garbage-collection?dryRun=true', allowed: writers },
  { method: 'GET', path: 'collections', allowed: readers },
  { method: 'POST', path: 'collections', body: {}, allowed: writers },
  { method: 'POST', path: 'collections/query', body: {}, allowed: writers },
  { method: 'POST', path: 'collections/query/count', body: {}, allowed: writers },
  { method: 'GET', path: 'collections/none', allowed: readers },
  { method: 'PATCH', path: 'collections/none', body: {}, allowed: writers },
  { method: 'DELETE', path: 'collections/none', allowed: writers },
  { method: 'GET', path: 'collections/none/rows', allowed: readers },
  { method: 'POST', path: 'collections/none/rows', body: {}, allowed: writers },
  { method: 'GET', path: 'sources', allowed: readers },
  { method: 'PUT', path: 'sources/none', body: {}, allowed: writers },
  { method: 'DELETE', path: 'sources/none', allowed: writers },
  { method: 'GET', path: 'jobs', allowed: readers },
  { method: 'POST', path: 'jobs', body: {}, allowed: writers },
  { method: 'GET', path: 'jobs/none', allowed: readers },
  { method: 'PATCH', path: 'jobs/none', body: {}, allowed: writers },
  { method: 'DELETE', path: 'jobs/none', allowed: writers },
  { method: 'POST', path: 'jobs/none/clone', body: { name: 'other' }, allowed: developers },
  { method: 'GET', path: 'jobs/none/env-list', allowed: readers },
  { method: 'GET', path: 'jobs/none/bundle', allowed: readers },
  { method: 'GET', path: 'jobs/none/files/scripts/a.py', allowed: readers },
  { method: 'PUT', path: 'jobs/none/files/scripts/a.py', body: Buffer.from('x'), allowed: developers },
  { method: 'DELETE', path: 'jobs/none/files/scripts/a.py', allowed: developers },
  { method: 'GET', path: 'jobs/none/runs', allowed: readers },
  { method: 'POST', path: 'jobs/none/runs', body: {}, allowed: writers },
  { method: 'GET', path: 'runs/none', allowed: readers },
  { method: 'POST', path: 'runs/none/cancel', body: {}, allowed: writers },
  { method: 'GET', path: 'runs/none/log', allowed: readers },
  { method: 'GET', path: 'runs/none/outputs', allowed: readers },
  { method: 'GET', path: 'runs/none/outputs/model.onnx', allowed: readers },
  { method: 'POST', path: 'schedules/preview', body: {}, allowed: readers },
  { method: 'POST', path: 'import/clearblade', body: {}, allowed: readers },
  { method: 'GET', path: 'pipelines', allowed: readers },
  { method: 'GET', path: 'pipelines/none', allowed: readers },
  { method: 'DELETE', path: 'pipelines/none', allowed: developers },
  { method: 'GET', path: 'pipelines/none/runs', allowed: readers },
  { method: 'GET', path: 'pipelines/none/runs/none', allowed: readers },
  { method: 'GET', path: 'pipelines/none/results', allowed: readers },
  { method: 'GET', path: 'pipelines/none/nodes', allowed: readers },
  { method: 'GET', path: 'pipelines/none/tests', allowed: readers },
  { method: 'PUT', path: 'pipelines/none/tests/a', body: { payload: 1 }, allowed: writers },
  { method: 'DELETE', path: 'pipelines/none/tests/a', allowed: writers },
  { method: 'POST', path: 'pipelines/flow', body: { name: 'x' }, allowed: readers },
  { method: 'POST', path: 'pipelines/none/duplicate', body: { name: 'x' }, allowed: readers },
  { method: 'POST', path: 'pipelines/none/start', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/stop', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/restart', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/test', body: { payload: 1 }, allowed: writers },
  { method: 'PUT', path: 'pipelines/none/edges', body: { edges: [] }, allowed: developers },
  { method: 'PATCH', path: 'pipelines/none/edges', body: { remove: ['none'] }, allowed: developers },
  { method: 'GET', path: 'pipelines/none/revisions', allowed: readers },
  { method: 'POST', path: 'pipelines/none/edges/none/start', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/edges/none/stop', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/edges/none/restart', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/edges/none/restore', body: {}, allowed: developers },
  { method: 'POST', path: 'pipelines/none/edges/none/test', body: { payload: 1 }, allowed: developers },
  { method: 'GET', path: 'pipelines/none/edges/none', allowed: readers },
  { method: 'GET', path: 'pipelines/none/edges/none/runs', allowed: readers },
  { method: 'GET', path: 'pipelines/none/edges/none/runs/none', allowed: readers },
  { method: 'GET', path: 'pipelines/none/edges/none/results', allowed: readers },
  { method: 'GET', path: 'pipelines/none/edges/none/nodes', allowed: readers },
  { method: 'GET', path: 'edges', allowed: readers },
  { method: 'POST', path: 'edges', body: {}, allowed: writers },
  { method: 'GET', path: 'edges/none', allowed: readers },
  { method: 'PATCH', path: 'edges/none', body: {}, allowed: writers },
  { method: 'DELETE', path: 'edges/none', allowed: writers },
  { method: 'GET', path: 'edges/none/log', allowed: readers },
  { method: 'POST', path: 'edges/none/enrolment', body: {}, allowed: writers },
  { method: 'POST', path: 'edges/none/retry', body: {}, allowed: writers },
  { method: 'PUT', path: 'models/none/edges', body: { edges: [] }, allowed: writers },
  { method: 'GET', path: 'models/plus/rollouts', allowed: readers },
  { method: 'GET', path: 'rollouts', allowed: readers },
  { method: 'POST', path: 'models/none/rollouts', body: {}, allowed: writers },
  { method: 'GET', path: 'rollouts/none', allowed: readers },
  { method: 'POST', path: 'rollouts/none/pause', body: {}, allowed: writers },
  { method: 'POST', path: 'rollouts/none/resume', body: {}, allowed: writers },
  { method: 'POST', path: 'rollouts/none/stop', body: {}, allowed: writers },
  { method: 'POST', path: 'rollouts/none/rollback', body: {}, allowed: writers },
  { method: 'GET', path: 'edge', allowed: readers },
  { method: 'GET', path: 'edge/join', allowed: readers },
  { method: 'POST', path: 'edge/join', body: {}, allowed: developers },
  { method: 'DELETE', path: 'edge/join', allowed: writers },
  { method: 'POST', path: 'edge/enrol', body: {}, allowed: writers },
  { method: 'POST', path: 'edge/leave', body: {}, allowed: writers },
  { method: 'POST', path: 'edge/retry', body: {}, allowed: writers },
];
const isChange = ({ allowed }: Route): boolean => allowed === writers || allowed === developers;

/** As the sources register them; one that is made of parts stands there as its constant beginning. */
function registeredRoutes(): readonly { readonly method: string; readonly pattern: string }[] {
  const folder = join(__dirname, '..', '..', '..', 'plugins', 'model-management', 'runtime');
  const registration =
    /router\s*\.(get|query|change)\(\s*(?:'(\w+)',\s*)?(?:router\.restOf\(\s*)?(?:'([^']+)'|`([^`$]+)[^`]*`)/g;
  return readdirSync(folder)
    .filter((file) => file.endsWith('-routes.ts') && !file.startsWith('open-inference'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(registration)])
    .map(([, kind, method, path, beginning]) => ({
      method: kind === 'get' ? 'GET' : (method ?? 'post').toUpperCase(),
      pattern: path ?? beginning ?? '',
    }));
}

describe('the table of routes', () => {
  it('holds every one that is registered', () => {
    const registered = registeredRoutes();
    assert.ok(registered.length > 60, `${registered.length} found`);
    for (const { method, pattern } of registered) {
      const parts = pattern.split('/').slice(1);
      const fits = routes.some((route) => {
        const own = route.path.replace(/\?.*/, '').split('/');
        return (
          route.method === method &&
          parts.every((part, index) => part.startsWith(':') || part === '' || part === own[index])
        );
      });
      assert.ok(fits, `${method} ${pattern} is missing`);
    }
  });
});

describe('who may call which route', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;

  const call = ({ method, path, body }: Route, user: string, headers: Record<string, string> = {}) =>
    nodeRed.request<{ error?: { code: string } }>(method, `model-management/${path}`, body, {
      ...(user === 'nobody' ? {} : { authorization: `Bearer ${user}` }),
      ...headers,
    });
  const csrf = { 'x-model-management': '1' };

  before(async () => {
    // Nothing listens there: edges are known all the same.
    nodeRed = await NodeRed.start({ settings, modelManagement: { broker: { url: 'mqtt://127.0.0.1:1' } } });
    const uploaded = await nodeRed.api('POST', 'models/plus/versions?create=true', buildModel(addModel(1)), {
      authorization: 'Bearer admin',
    });
    assert.equal(uploaded.status, 201, uploaded.text);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  for (const route of routes) {
    it(`${route.method} ${route.path} answers ${route.allowed.join(', ')} and nobody else`, async () => {
      for (const user of everybody) {
        const { status, text } = await call(route, user, csrf);
        if (route.allowed.includes(user))
          assert.ok(status !== 401 && status !== 403 && status < 500, `${user}: ${status} ${text}`);
        else assert.equal(status, 401, `${user}: ${text}`);
      }
    });

    it(`${route.method} ${route.path} refuses pages of other origins, whoever is logged in`, async () => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'null' },
      ]) {
        const { status, body } = await call(route, 'admin', { ...csrf, ...headers });
        assert.deepEqual([status, body.error?.code], [403, 'FORBIDDEN_ORIGIN'], JSON.stringify(headers));
      }
      const own = await call(route, 'admin', {
        ...csrf,
        origin: new URL(nodeRed.url).origin,
        'sec-fetch-site': 'same-origin',
      });
      assert.notEqual(own.status, 403);
    });

    if (isChange(route)) {
      it(`${route.method} ${route.path} needs the header X-Model-Management: 1`, async () => {
        for (const headers of [{}, { 'x-model-management': '0' }]) {
          const { status, body } = await call(route, 'admin', headers);
          assert.deepEqual([status, body.error?.code], [403, 'CSRF']);
        }
      });
    }
  }

  it('a test that lets something leave, or may, needs flows.write as well', async () => {
    for (const body of [
      { payload: 1, dryRun: false },
      { payload: 1, confirm: true },
    ]) {
      const route = { method: 'POST', path: 'pipelines/none/test', body, allowed: developers };
      const refused = await call(route, 'mm-writer', csrf);
      assert.deepEqual([refused.status, refused.body.error?.code], [403, 'FORBIDDEN']);
      for (const user of developers) assert.equal((await call(route, user, csrf)).status, 404);
    }
  });

  it('a changing route without the header refuses before it reads the body', async () => {
    const { status } = await call(
      { method: 'POST', path: 'models/plus/versions', body: Buffer.alloc(100_000), allowed: writers },
      'admin',
    );
    assert.equal(status, 403);
  });

  it('an allowed origin of the settings passes', async () => {
    await using other = await NodeRed.start({ modelManagement: { allowedOrigins: ['https://plant.example'] } });
    const ask = (origin: string) => other.api('GET', 'models', undefined, { origin });
    assert.equal((await ask('https://plant.example')).status, 200);
    assert.equal((await ask('https://other.example')).status, 403);
  });

  describe('what decides which code runs with the secrets of a job', () => {
    const job = { name: 'careful', baseModel: 'plus' };
    const env = { RATE: '0.1', TOKEN: { secret: 'sesame' } };
    const answered = async (user: string, method: string, path: string, body: unknown) => {
      const { status, body: answer } = await call({ method, path, body, allowed: [] }, user, csrf);
      return [status, answer.error?.code];
    };
    before(async () => {
      assert.deepEqual(await answered('mm-developer', 'POST', 'jobs', { ...job, env }), [201, undefined]);
    });

    for (const { name, fields, isCode } of [
      { name: 'nothing', fields: {}, isCode: false },
      { name: 'a schedule', fields: { schedule: { kind: 'interval', every: 1, unit: 'day' } }, isCode: false },
      { name: 'limits', fields: { limits: { cpus: 2 } }, isCode: false },
      { name: 'an image', fields: { image: 'evil.example/x:1' }, isCode: true },
      { name: 'processes', fields: { runner: 'process' }, isCode: true },
      { name: 'a network', fields: { network: 'bridge' }, isCode: true },
      { name: 'graphics processors', fields: { gpus: true }, isCode: true },
      { name: 'a variable', fields: { env: { RATE: '0.2', TOKEN: { secret: null } } }, isCode: true },
      { name: 'another secret', fields: { env: { RATE: '0.1', TOKEN: { secret: 'mine' } } }, isCode: true },
      { name: 'no variables', fields: { env: {} }, isCode: true },
      { name: 'a variable of the wrong kind', fields: { env: 5 }, isCode: true },
    ]) {
      it(`PATCH of ${name} ${isCode ? 'needs flows.write' : 'does not need flows.write'}`, async () => {
        const [status, code] = await answered('mm-writer', 'PATCH', 'jobs/careful', fields);
        assert.deepEqual([status, code], isCode ? [403, 'FORBIDDEN'] : [200, undefined]);
        if (!isCode) return;
        const [allowed] = await answered('mm-developer', 'PATCH', 'jobs/careful', fields);
        assert.ok(allowed === 200 || allowed === 400, `${allowed}`);
        await answered('mm-developer', 'PATCH', 'jobs/careful', { ...initial, env });
      });
    }
    const initial = { image: 'python:3.12-slim', runner: 'docker', network: 'none', gpus: false };

    it('PATCH of all as it is does not need flows.write', async () => {
      const shown = { ...initial, env: { RATE: '0.1', TOKEN: { secret: null } } };
      assert.deepEqual(await answered('mm-writer', 'PATCH', 'jobs/careful', shown), [200, undefined]);
    });

    it('POST of a job needs it for what is not the default', async () => {
      assert.deepEqual(await answered('mm-writer', 'POST', 'jobs', { ...job, name: 'plain', ...initial, env: {} }), [
        201,
        undefined,
      ]);
      for (const fields of [{ image: 'evil.example/x:1' }, { runner: 'process' }, { env: { RATE: '1' } }]) {
        assert.deepEqual(await answered('mm-writer', 'POST', 'jobs', { ...job, name: 'sly', ...fields }), [
          403,
          'FORBIDDEN',
        ]);
      }
    });

    it('a run needs it for other variables, and for nothing else', async () => {
      const start = (user: string, overrides: unknown) => answered(user, 'POST', 'jobs/careful/runs', { overrides });
      assert.deepEqual(await start('mm-writer', { env: { PATH_OF_CODE: '/tmp' } }), [403, 'FORBIDDEN']);
      // The job has no script: that far, both come.
      for (const overrides of [{}, { data: 'all', limits: { cpus: 2 } }, { env: { RATE: '0.1' } }]) {
        assert.deepEqual(await start('mm-writer', overrides), [422, 'JOB_INCOMPLETE'], JSON.stringify(overrides));
      }
      assert.deepEqual(await start('mm-developer', { env: { RATE: '1' } }), [422, 'JOB_INCOMPLETE']);
    });

    it('names the permission, where there are users at all', async () => {
      const { text } = await call(
        { method: 'PATCH', path: 'jobs/careful', body: { gpus: true }, allowed: [] },
        'mm-writer',
        csrf,
      );
      assert.match(text, /gpus.*flows\.write/);
      await using open = await NodeRed.start();
      await open.api('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
      assert.equal((await open.api('POST', 'jobs', { ...job, env })).status, 201);
    });
  });

  it('names who did what in the audit trail', async () => {
    const authorization = { authorization: 'Bearer mm-writer' };
    await nodeRed.api('PATCH', 'models/plus', { description: 'by a writer' }, authorization);
    const { body } = await nodeRed.api<{ items: { user: string }[] }>(
      'GET',
      'models/plus/audit',
      undefined,
      authorization,
    );
    assert.equal(body.items[0]?.user, 'mm-writer');
  });
});
