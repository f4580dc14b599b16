import assert from 'node:assert/strict';
import { AdminClient } from '../../support/admin-client';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel, twoInputModel } from '../../support/onnx-models';

type Row = Readonly<Record<string, unknown>>;
interface List {
  readonly items: readonly Row[];
  readonly total: number;
}

const lists: readonly { readonly path: string; readonly total: number; readonly key: string }[] = [
  { path: 'models', total: 3, key: 'name' },
  { path: 'models/alpha/versions', total: 3, key: 'version' },
  { path: 'models/alpha/audit', total: 9, key: 'at' },
];

function inOrder(values: readonly unknown[]): boolean {
  const present = values.filter((value) => value !== undefined && value !== null);
  return present.every((value, index) => {
    const next = present[index + 1];
    return typeof value !== 'number' || typeof next !== 'number' || value <= next;
  });
}

describe('lists over HTTP, under another admin root', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const list = (path: string, query: string): Promise<List> => api.ok<List>(200, 'GET', `${path}?${query}`);

  before(async () => {
    nodeRed = await NodeRed.start({ adminRoot: '/admin' });
    api = new AdminClient(nodeRed);
    for (const name of ['gamma', 'Beta']) await api.ok(201, 'POST', 'models', { name, tags: { site: `of ${name}` } });
    const models = [buildModel(addModel(1)), buildModel(addModel(2)), buildModel(twoInputModel())];
    for (const [index, bytes] of models.entries()) {
      await api.ok(201, 'POST', `models/alpha/versions?create=true&description=number%20${index + 1}`, bytes);
    }
    for (const [version, accuracy] of [
      [1, 0.9],
      [2, 0.95],
    ]) {
      await api.ok(200, 'PATCH', `models/alpha/versions/${version}`, {
        metrics: { accuracy },
        tags: { 'a.b': `${version}` },
      });
    }
    await api.ok(200, 'PUT', 'models/alpha/aliases/canary', { version: 2 });
    await api.ok(200, 'PATCH', 'models/alpha', { description: 'first Greek letter' });
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('nothing answers outside the admin root', async () => {
    const response = await fetch(`http://127.0.0.1:${nodeRed.port}/model-management/models`);
    assert.equal(response.status, 404);
  });

  for (const { path, total, key } of lists) {
    describe(path, () => {
      it('has all rows and their number', async () => {
        const all = await list(path, '');
        assert.deepEqual([all.items.length, all.total], [total, total]);
      });

      it('sorts by every field of its rows, both ways', async () => {
        const { items } = await list(path, '');
        const fields = new Set(items.flatMap(Object.keys));
        assert.ok(fields.has(key));
        for (const field of fields) {
          const up = await list(path, `sort=${field}`);
          const down = await list(path, `sort=${field}&order=desc`);
          assert.deepEqual([up.total, down.total], [total, total], field);
          assert.ok(inOrder(up.items.map((row) => row[field])), `${field} up`);
          assert.ok(inOrder(down.items.map((row) => row[field]).reverse()), `${field} down`);
        }
        const up = (await list(path, `sort=${key}`)).items.map((row) => String(row[key]));
        assert.deepEqual(
          up,
          [...up].sort((a, b) => a.localeCompare(b, 'en')),
        );
      });

      it('gives pages that together are the whole', async () => {
        const whole = await list(path, `sort=${key}`);
        const pages: Row[] = [];
        for (let offset = 0; offset < total; offset += 2) {
          const page = await list(path, `sort=${key}&limit=2&offset=${offset}`);
          assert.equal(page.total, total);
          pages.push(...page.items);
        }
        assert.deepEqual(pages, whole.items);
        assert.deepEqual(await list(path, `offset=${total}`), { items: [], total });
        assert.deepEqual(await list(path, 'offset=9007199254740991'), { items: [], total });
        assert.deepEqual(await list(path, 'limit=0'), { items: [], total });
      });

      it('finds nothing where nothing is, and takes any text to search for', async () => {
        for (const text of ['no%20such%20text', '%00', '%5B(*', '%F0%9F%8C%B8', '..%2f..', 'x'.repeat(4_000)]) {
          assert.deepEqual(await list(path, `search=${text}`), { items: [], total: 0 }, text);
        }
        assert.equal((await list(path, 'search=')).total, total);
      });

      for (const query of [
        ...['limit=-1', 'limit=1001', 'limit=1.5', 'limit=1e2', 'limit=', 'limit=all', 'limit=0x10', 'limit=1&limit=2'],
        ...['offset=-1', 'offset=a', 'offset=9007199254740993', 'offset[]=1', 'offset[a]=1'],
        ...['order=up', 'order=', 'order=DESC', 'order=asc&order=desc'],
        ...['sort=nothing', 'sort=', 'sort=__proto__', 'sort=constructor', `sort=${key}&sort=${key}`, 'sort[a]=1'],
        ...['search=a&search=b', 'search[a]=b'],
      ]) {
        it(`refuses ${query}, and names the parameter`, async () => {
          const error = await api.refused(400, 'INVALID_INPUT', 'GET', `${path}?${query}`);
          assert.equal(error.details?.['field'], query.match(/^\w+/)?.[0]);
        });
      }

      it('takes no harm from a query that is none', async () => {
        for (const query of ['__proto__[x]=1', 'constructor=1', '&&&=', '%', 'a[b][c][d][e][f][g]=1']) {
          assert.equal((await list(path, query)).total, total, query);
        }
      });
    });
  }

  it('a search looks at names, descriptions, tags and aliases, without regard to case', async () => {
    const names = async (path: string, text: string) =>
      (await list(path, `search=${text}`)).items.map((row) => row['name'] ?? row['version']);
    assert.deepEqual(await names('models', 'GREEK'), ['alpha']);
    assert.deepEqual(await names('models', 'of%20beta'), ['Beta']);
    assert.deepEqual(await names('models/alpha/versions', 'Number%202'), [2]);
    assert.deepEqual(await names('models/alpha/versions', 'canary'), [2]);
    const audit = await list('models/alpha/audit', 'search=version.create');
    assert.equal(audit.total, 3);
  });

  it('sorts by a metric and by a tag whose name holds a dot, and puts those without it last', async () => {
    const versions = async (query: string) =>
      (await list('models/alpha/versions', query)).items.map(({ version }) => version);
    assert.deepEqual(await versions('sort=metrics.accuracy&order=desc'), [2, 1, 3]);
    assert.deepEqual(await versions('sort=metrics.accuracy'), [1, 2, 3]);
    assert.deepEqual(await versions('sort=tags.a.b&order=desc'), [2, 1, 3]);
    assert.deepEqual(await versions('sort=tags.a.b'), [1, 2, 3]);
    assert.deepEqual(await versions('sort=metrics.constructor'), [3, 2, 1]);
  });

  it('the audit is newest first', async () => {
    const { items } = await list('models/alpha/audit', '');
    assert.deepEqual([items[0]?.['action'], items.at(-1)?.['action']], ['model.update', 'model.create']);
  });
});
