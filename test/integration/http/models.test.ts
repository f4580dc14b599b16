import assert from 'node:assert/strict';
import type { AuditEntry, Model } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';

const huge = 'x'.repeat(100_000);
const longName = 'a'.repeat(63);

/** Bodies of `POST models`, and the field an answer names. */
const badModels: readonly (readonly [string, string | object, string])[] = [
  ['an array', [], ''],
  ['no name', {}, 'name'],
  ['null for a name', { name: null }, 'name'],
  ['a number for a name', { name: 7 }, 'name'],
  ['an empty name', { name: '' }, 'name'],
  ['a name of 64 characters', { name: `${longName}a` }, 'name'],
  ['a huge name', { name: huge }, 'name'],
  ['a path for a name', { name: '../../etc/passwd' }, 'name'],
  ['a name with a line break', { name: 'iris\n' }, 'name'],
  ['a name with a NUL', { name: 'iris\u0000' }, 'name'],
  ['a name that begins with a dot', { name: '.iris' }, 'name'],
  ['a name of other letters', { name: 'модель' }, 'name'],
  ['__proto__ for a name', { name: '__proto__' }, 'name'],
  ['a field that does not exist', { name: 'm', nmae: 'm' }, 'nmae'],
  ['a field that is computed', { name: 'm', aliases: { deployed: 1 } }, 'aliases'],
  ['__proto__ as a field', '{"name":"m","__proto__":{"admin":true}}', '__proto__'],
  ['constructor as a field', { name: 'm', constructor: {} }, 'constructor'],
  ['a number for a description', { name: 'm', description: 7 }, 'description'],
  ['null for a description', { name: 'm', description: null }, 'description'],
  ['a huge description', { name: 'm', description: huge }, 'description'],
  ['a list for tags', { name: 'm', tags: ['a'] }, 'tags'],
  ['text for tags', { name: 'm', tags: 'a' }, 'tags'],
  ['null for tags', { name: 'm', tags: null }, 'tags'],
  ['a number for a tag', { name: 'm', tags: { a: 1 } }, 'tags.a'],
  ['an object for a tag', { name: 'm', tags: { a: {} } }, 'tags.a'],
  ['a huge tag', { name: 'm', tags: { a: huge } }, 'tags.a'],
  ['an empty name of a tag', { name: 'm', tags: { '': 'x' } }, 'tags.'],
  ['__proto__ as a tag', '{"name":"m","tags":{"__proto__":"x"}}', 'tags.__proto__'],
  [
    'too many tags',
    { name: 'm', tags: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`t${n}`, ''])) },
    'tags',
  ],
];

/** Bodies of `PATCH versions/1`. */
const badPatches: readonly (readonly [string, string | object, string])[] = [
  ['a field that cannot change', { digest: 'sha256:0' }, 'digest'],
  ['aliases, which have a route of their own', { aliases: ['canary'] }, 'aliases'],
  ['text for a metric', { metrics: { accuracy: '0.9' } }, 'metrics.accuracy'],
  ['null for a metric', { metrics: { accuracy: null } }, 'metrics.accuracy'],
  ['a metric that JSON cannot hold', '{"metrics":{"accuracy":1e999}}', 'metrics.accuracy'],
  ['a metric with a reserved name', { metrics: { model_file: 1 } }, 'metrics.model_file'],
  ['a metric with a reserved name and a number', { metrics: { collection_data_12: 1 } }, 'metrics.collection_data_12'],
  ['a metric with a hyphen', { metrics: { 'f1-score': 1 } }, 'metrics.f1-score'],
  ['__proto__ as a metric', '{"metrics":{"__proto__":1}}', 'metrics.__proto__'],
  ['text for labels', { labels: 'setosa' }, 'labels'],
  ['numbers for labels', { labels: [1] }, 'labels.0'],
  ['the same label twice', { labels: ['a', 'a'] }, 'labels'],
  ['an empty feature', { features: [''] }, 'features'],
  ['an array', [], ''],
];

/** Texts that reach routes as a part of a path. */
const hostileNames = [
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '..%5c..%5cwindows',
  '%00',
  'iris%00',
  '%0a',
  '%F0%9F%8C%B8',
  '%D0%BC%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '%3Cscript%3E',
  '%25',
  '%22%27',
  '$where',
  '-1',
  'a'.repeat(4_000),
];
/** Not even percent-encoded text. */
const brokenNames = ['%', '%zz', '%E0%A4%A', '%ff%fe'];

/** Every route that takes a model's name, with `*` for the name. */
const namedRoutes: readonly (readonly [string, string, object?])[] = [
  ['GET', 'models/*'],
  ['PATCH', 'models/*', {}],
  ['DELETE', 'models/*'],
  ['GET', 'models/*/versions'],
  ['GET', 'models/*/versions/1'],
  ['PATCH', 'models/*/versions/1', {}],
  ['DELETE', 'models/*/versions/1'],
  ['GET', 'models/*/versions/1/file'],
  ['GET', 'models/*/versions/1/export'],
  ['PUT', 'models/*/aliases/deployed', { version: 1 }],
  ['DELETE', 'models/*/aliases/canary'],
  ['POST', 'models/*/rollback'],
  ['GET', 'models/*/audit'],
  ['POST', 'models/*/inference-flow', {}],
  ['POST', 'models/*/versions/1/infer', { payload: [] }],
];

describe('models over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;

  before(async () => {
    nodeRed = await NodeRed.start({ settings: "apiMaxLength: '200kb'," });
    api = new AdminClient(nodeRed);
    await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  describe('bodies', () => {
    for (const [what, body, field] of badModels) {
      it(`a model with ${what} is refused, and the field named`, async () => {
        const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'models', body);
        assert.equal(error.details?.['field'], field, error.message);
      });
    }

    for (const [what, body, field] of badPatches) {
      it(`a change of a version with ${what} is refused, and the field named`, async () => {
        const error = await api.refused(400, 'INVALID_INPUT', 'PATCH', 'models/plus/versions/1', body);
        assert.equal(error.details?.['field'], field, error.message);
      });
    }

    it('the name of a model cannot change', async () => {
      const error = await api.refused(400, 'INVALID_INPUT', 'PATCH', 'models/plus', { name: 'minus' });
      assert.equal(error.details?.['field'], 'name');
    });

    it('a request without a body is refused where it needs one', async () => {
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models');
      await api.refused(400, 'INVALID_INPUT', 'PUT', 'models/plus/aliases/canary');
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/versions/1/infer');
    });

    for (const [what, body] of [
      ['half an object', '{"name":'],
      ['null', 'null'],
      ['a number', '7'],
      ['text', '"iris"'],
      ['no JSON at all', 'name=iris'],
      ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ] as const) {
      it(`${what} is not the JSON a body claims to be`, async () => {
        const headers = { 'content-type': 'application/json' };
        await api.refused(400, 'INVALID_JSON', 'POST', 'models', body, headers);
        await api.refused(400, 'INVALID_JSON', 'PATCH', 'models/plus', body, headers);
      });
    }

    for (const [what, headers] of [
      ['an unknown character set', { 'content-type': 'application/json; charset=ebcdic' }],
      ['an unknown encoding', { 'content-type': 'application/json', 'content-encoding': 'pressed' }],
      ['an encoding it does not have', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ] as const) {
      it(`a JSON body with ${what} is refused`, () =>
        api.refused(400, 'INVALID_JSON', 'POST', 'models', '{"name":"m"}', headers));
    }

    it('a JSON body over the limit of Node-RED is refused, and the way around told', async () => {
      const body = { name: 'm', description: 'x'.repeat(300_000) };
      const error = await api.refused(413, 'PAYLOAD_TOO_LARGE', 'POST', 'models', body);
      assert.match(error.hint, /apiMaxLength.*application\/octet-stream/);
    });

    it('refused bodies have made nothing', async () => {
      const { items } = await api.ok<{ items: Model[] }>(200, 'GET', 'models');
      assert.deepEqual(
        items.map(({ name }) => name),
        ['plus'],
      );
      assert.equal((await api.ok<{ total: number }>(200, 'GET', 'models/plus/audit')).total, 3);
    });
  });

  describe('paths', () => {
    for (const [method, path, body] of namedRoutes) {
      it(`${method} ${path} knows no hostile name`, async () => {
        for (const name of hostileNames) {
          const { status } = await api.send(method, path.replace('*', name), body);
          assert.ok([400, 404].includes(status), `${name}: ${status}`);
        }
        for (const name of brokenNames) {
          await api.refused(400, 'INVALID_INPUT', method, path.replace('*', name), body);
        }
      });
    }

    it('a hostile version or alias is none', async () => {
      for (const ref of [...hostileNames, '0', '1.0', '1e0', '01', '+1', '%201', '99999999999999999999', 'Latest']) {
        for (const path of [`models/plus/versions/${ref}`, `models/plus/versions/${ref}/file`]) {
          const { status } = await api.send('GET', path);
          assert.equal(status, 404, path);
        }
        const { status } = await api.send('PUT', `models/plus/aliases/${ref}`, { version: 1 });
        const isName = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/.test(ref) && ref !== 'Latest';
        assert.equal(status, isName ? 200 : 400, ref);
      }
    });

    it('dots that lead out of the routes reach none of ours, and are no error of the server', async () => {
      for (const path of ['../model-management/models', 'models/../../flows', 'models//versions', '/', '//', '']) {
        const { status } = await api.send('GET', path).catch(() => ({ status: 404 }));
        assert.ok(status < 500, path);
      }
    });

    for (const [method, path] of [
      ['GET', 'nothing'],
      ['POST', 'models/plus'],
      ['PUT', 'models'],
      ['DELETE', 'models'],
      ['PATCH', 'models/plus/aliases/deployed'],
      ['GET', 'models/plus/nothing'],
      ['GET', 'models/plus/versions/1/file/more'],
      ['POST', 'health'],
    ] as const) {
      it(`${method} ${path} is no route`, async () => {
        const error = await api.refused(404, 'NOT_FOUND', method, path);
        assert.match(error.message, new RegExp(`${method} /model-management/${path}`));
      });
    }

    it('HEAD answers as GET does, without the body', async () => {
      for (const [path, status] of [
        ['models', 200],
        ['models/plus', 200],
        ['models/none', 404],
        ['models/plus/versions/1/file', 200],
        ['models/plus/versions/1/export', 200],
        ['metrics', 200],
        ['nothing', 404],
      ] as const) {
        const head = await api.send('HEAD', path);
        const get = await api.send('GET', path);
        assert.deepEqual([head.status, head.bytes.length, get.status], [status, 0, status], path);
        assert.equal(head.headers['content-type'], get.headers['content-type'], path);
      }
    });

    it('OPTIONS tells no more than which methods there are, and changes nothing', async () => {
      for (const path of ['models', 'models/plus', 'models/plus/versions/1/file']) {
        const { status } = await api.send('OPTIONS', path);
        assert.ok(status < 500, path);
      }
      assert.equal((await api.ok<Model>(200, 'GET', 'models/plus')).latestVersion, 1);
    });
  });

  describe('a life', () => {
    it('a model is made, found in any case, changed and deleted', async () => {
      const made = await api.ok<Model>(201, 'POST', 'models', { name: 'Iris', description: 'd', tags: { a: 'b' } });
      assert.deepEqual(
        [made.name, made.description, made.tags, made.aliases, made.versions, made.edges, made.usedBy],
        ['Iris', 'd', { a: 'b' }, {}, [], [], []],
      );
      assert.equal(made.latestVersion, null);
      assert.equal((await api.ok<Model>(200, 'GET', 'models/iris')).name, 'Iris');
      await api.refused(409, 'MODEL_EXISTS', 'POST', 'models', { name: 'IRIS' });
      const changed = await api.ok<Model>(200, 'PATCH', 'models/iris', { tags: {} });
      assert.deepEqual([changed.description, changed.tags], ['d', {}]);
      assert.equal(await api.ok(204, 'DELETE', 'models/IRIS'), '');
      await api.refused(404, 'MODEL_NOT_FOUND', 'GET', 'models/Iris');
      await api.refused(404, 'MODEL_NOT_FOUND', 'DELETE', 'models/Iris');
    });

    it('a name that returns goes on with its numbers, and still has its audit', async () => {
      const upload = (constant: number) =>
        api.ok<{ version: number }>(201, 'POST', 'models/again/versions?create=true', buildModel(addModel(constant)));
      assert.equal((await upload(1)).version, 1);
      assert.equal((await upload(2)).version, 2);
      await api.ok(204, 'DELETE', 'models/again');
      const gone = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/again/audit');
      assert.equal(gone.items[0]?.action, 'model.delete');
      // The same bytes as before: the versions that had them are gone.
      assert.equal((await upload(1)).version, 3);
      const model = await api.ok<Model>(200, 'GET', 'models/again');
      assert.deepEqual([model.aliases, model.versions.length], [{ deployed: 3 }, 1]);
      const { items } = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/again/audit');
      const actions = items.map(({ action }) => action);
      assert.deepEqual(actions.slice(-1), ['model.create']);
      assert.equal(actions.filter((action) => action === 'version.create').length, 3);
      await api.refused(409, 'NOTHING_TO_ROLL_BACK', 'POST', 'models/again/rollback');
    });

    it('a version takes facts, hears null as none, and its audit says what changed', async () => {
      const patch = {
        description: 'é',
        tags: { constructor: 'x' },
        metrics: { f1: -0.5 },
        labels: ['a'],
        features: null,
      };
      const changed = await api.ok<Record<string, unknown>>(200, 'PATCH', 'models/plus/versions/deployed', patch);
      const { description, tags, metrics, labels } = changed;
      assert.deepEqual<unknown>([description, tags, metrics, labels], ['é', { constructor: 'x' }, { f1: -0.5 }, ['a']]);
      assert.ok(!('features' in changed));
      const { items } = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/plus/audit?limit=1');
      assert.equal(items[0]?.action, 'version.update');
      assert.deepEqual(items[0]?.after?.['metrics'], { f1: -0.5 });
      const total = async () => (await api.ok<{ total: number }>(200, 'GET', 'models/plus/audit')).total;
      const before = await total();
      await api.ok(200, 'PATCH', 'models/plus/versions/1', patch);
      assert.equal(await total(), before, 'the same again is no change');
    });
  });
});
