import assert from 'node:assert/strict';
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
];
const isChange = ({ allowed }: Route): boolean => allowed === writers || allowed === developers;

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
    nodeRed = await NodeRed.start({ settings });
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
