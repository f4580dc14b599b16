import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canMakeCertificates } from '../../support/certificates';
import { canRunPostgres, Postgres } from '../../support/postgres';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { assertSortsByEveryField } from '../../support/sorting';
import { TrainingLab } from '../../support/training-lab';

/** Rewrites the model it was given. */
const SCRIPT = `import json, os
print('rows', len(json.load(open(os.environ['collection_data_1_path']))))
data = open(os.environ['model_file_path'], 'rb').read()
open(os.environ['model_file_path'], 'wb').write(data)
open(os.environ['accuracy_path'], 'w').write('0.5')
`;

describe('sources that are entered in the sidebar', function () {
  this.timeout(120_000);
  let server: Postgres;
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, canRunPostgres, 'PostgreSQL');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    requireOrSkip(this, canMakeCertificates, 'openssl');
    server = await Postgres.start(true);
    await server.query('CREATE TABLE readings (x int, created timestamptz NOT NULL DEFAULT now())');
    await server.query('INSERT INTO readings (x) VALUES (1), (2), (3)');
    const settings = { kind: 'postgres', ...server.options, password: 'of settings.js' };
    lab = await TrainingLab.start({
      modelManagement: { training: { allowProcessRunner: true }, sources: { fixed: settings } },
    });
    await lab.addModel();
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const plant = (fields: Readonly<Record<string, unknown>> = {}) => {
    const { password: _password, ...options } = server.options;
    return { kind: 'postgres', ...options, tls: 'off', ...fields };
  };
  const put = (fields?: Readonly<Record<string, unknown>>, name = 'plant') =>
    lab.nodeRed.api<{ error: { code: string; message: string } }>('PUT', `sources/${name}`, plant(fields));
  const ask = (source = 'plant') =>
    lab.nodeRed.api<{ rows: unknown[] }>('POST', 'collections/query', { source, query: 'SELECT x FROM readings' });

  it('answer queries, also after a restart, and tell nobody how to log in', async () => {
    const { password } = server.options;
    const answer = await put({ password });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await ask()).body.rows.length, 3);
    await lab.nodeRed.restart();
    assert.equal((await ask()).body.rows.length, 3);
    const list = await lab.nodeRed.api<{ items: Record<string, unknown>[] }>('GET', 'sources');
    const stored = join(lab.nodeRed.userDir, 'model-management', 'db', 'sources.db');
    for (const text of [answer.text, list.text, await readFile(stored, 'utf8')]) {
      assert.ok(!text.includes(password), text);
      assert.ok(!text.includes('of settings.js'), text);
    }
    await assertSortsByEveryField((path) => lab.nodeRed.api('GET', path), 'sources');
    assert.deepEqual(list.body.items, [
      { name: 'local', kind: 'collections', origin: 'builtIn', usedBy: [] },
      { name: 'fixed', kind: 'postgres', origin: 'settings', usedBy: [] },
      { name: 'plant', origin: 'stored', ...plant(), hasPassword: true, usedBy: [] },
    ]);
  });

  it('keep their password, but not for another place', async () => {
    assert.equal((await put({ timeoutMs: 5_000 })).status, 200);
    assert.equal((await ask()).status, 200);
    for (const elsewhere of [{ host: 'elsewhere.example' }, { port: 1 }, { user: 'other' }, { tls: 'unverified' }]) {
      const { status, body } = await put(elsewhere);
      assert.deepEqual([status, body.error.code], [400, 'INVALID_INPUT'], JSON.stringify(elsewhere));
      assert.match(body.error.message, /password is needed again/);
    }
    assert.equal((await put({ password: 'wrong' })).status, 200);
    const refused = await lab.nodeRed.api<{ error: { code: string } }>('POST', 'collections/query', {
      source: 'plant',
      query: 'SELECT 1',
    });
    assert.deepEqual([refused.status, refused.body.error.code], [503, 'SOURCE_UNAVAILABLE']);
    assert.equal((await put({ password: server.options.password })).status, 200);
  });

  it('are reached by TLS, and believed only with a certificate that is trusted', async () => {
    const { password } = server.options;
    for (const [fields, isReached] of [
      [{ tls: 'verified' }, false],
      [{ tls: 'verified', ca: await server.authority() }, true],
      [{ tls: 'unverified' }, true],
    ] as const) {
      assert.equal((await put({ ...fields, password })).status, 200);
      const query = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const answer = await lab.nodeRed.api<{ rows: unknown[] }>('POST', 'collections/query', {
        source: 'plant',
        query,
      });
      assert.deepEqual(answer.body.rows, isReached ? [{ ssl: true }] : undefined, answer.text);
    }
    assert.equal((await put({ password })).status, 200);
  });

  it('say what is wrong with what came', async () => {
    const cases = [
      [await put({}, 'local'), 403, 'READ_ONLY'],
      [await put({}, 'fixed'), 403, 'READ_ONLY'],
      [await put({}, 'edge'), 400, 'INVALID_INPUT'],
      [await put({}, '1st'), 400, 'INVALID_INPUT'],
      [await put({ host: '' }), 400, 'INVALID_INPUT'],
      [await put({ port: 70_000 }), 400, 'INVALID_INPUT'],
      [await put({ sslmode: 'require' }), 400, 'INVALID_INPUT'],
      [await lab.nodeRed.api<{ error: { code: string } }>('DELETE', 'sources/nothing'), 404, 'SOURCE_NOT_FOUND'],
    ] as const;
    for (const [{ status, body, text }, expected, code] of cases) {
      assert.deepEqual([status, body.error.code], [expected, code], text);
    }
  });

  it('give a job its rows, count those that are new, and stay while it reads them', async () => {
    const query = {
      query: 'SELECT * FROM readings',
      source: 'plant',
      newDataOnly: true,
      newDataCollections: ['readings'],
    };
    await lab.addJob({ queries: [query] }, SCRIPT);
    const count = (more: Readonly<Record<string, unknown>> = {}) =>
      lab.call('POST', 'collections/query/count', { ...query, ...more });
    assert.deepEqual(await count({ job: 'iris_job', id: 'q1' }), { rows: 3, newRows: 3 });
    const run = await lab.train();
    assert.deepEqual([run.state, run.inputs.queries[0]?.rows], ['succeeded', 3], await lab.log(run.id));
    await server.query('INSERT INTO readings (x) VALUES (4)');
    assert.deepEqual(await count({ job: 'iris_job', id: 'q1' }), { rows: 4, newRows: 1 });
    assert.deepEqual(await count(), { rows: 4, newRows: 4 });
    const refused = await lab.nodeRed.api<{ error: { code: string } }>('DELETE', 'sources/plant');
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'IN_USE'], refused.text);
    await lab.call('DELETE', 'jobs/iris_job');
    assert.equal((await lab.nodeRed.api('DELETE', 'sources/plant')).status, 204);
    assert.equal((await ask()).status, 404);
  });
});
