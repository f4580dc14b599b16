import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Watermark } from '../../../lib/collections';
import { ModelManagementError } from '../../../lib/errors';
import { CollectionsLab } from '../../support/collections-lab';
import { canRunPostgres, Postgres } from '../../support/postgres';
import { requireOrSkip } from '../../support/requirement';

const hasCode = (code: string) => (error: unknown) => {
  assert.ok(ModelManagementError.is(error), String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

describe('a PostgreSQL as a source', function () {
  this.timeout(60_000);
  let server: Postgres;
  let lab: CollectionsLab;

  before(async function () {
    requireOrSkip(this, canRunPostgres, 'PostgreSQL');
    server = await Postgres.start();
    lab = await CollectionsLab.open({
      plant: { kind: 'postgres', options: server.options },
      hasty: { kind: 'postgres', options: server.options, timeoutMs: 500 },
      away: { kind: 'postgres', options: { ...server.options, port: 1 } },
    });
    await server.query(`
      CREATE TABLE readings (id serial PRIMARY KEY, value double precision, exact numeric, big bigint, tags text[],
        more jsonb, ok boolean, created timestamptz NOT NULL DEFAULT now());
      CREATE TABLE labels (reading int, label text);
      CREATE TABLE timeless (x int);`);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  beforeEach(() => server.query('TRUNCATE readings, labels'));

  const read = async (query: string, from?: Watermark, lagMs = 0) => {
    const path = lab.file('data.json');
    const newData = [{ collection: 'readings', ...(from ? { from } : {}) }];
    const written = await lab.collections.export('plant', { query, newData, lagMs }, path);
    const [window] = written.windows;
    assert.ok(window);
    const mark: Watermark = { collection: 'readings', identity: window.identity, to: window.to };
    return { rows: JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>[], mark };
  };

  it('gives values without loss', async () => {
    await server.query(
      `INSERT INTO readings (value, exact, big, tags, more, ok) VALUES (0.1, 12345678901234567890.5, 9007199254740993, '{a,b}', '{"n": [1]}', true)`,
    );
    const path = lab.file('data.json');
    await lab.collections.export(
      'plant',
      { query: 'SELECT value, exact, big, tags, more, ok FROM readings', newData: [], lagMs: 0 },
      path,
    );
    assert.match(await readFile(path, 'utf8'), /"exact":12345678901234567890\.5,"big":9007199254740993/);
    const { rows, columns } = await lab.collections.query({
      source: 'plant',
      query: 'SELECT value, tags, more, ok FROM readings',
    });
    assert.deepEqual(columns, ['value', 'tags', 'more', 'ok']);
    assert.deepEqual(rows, [{ value: 0.1, tags: ['a', 'b'], more: { n: [1] }, ok: true }]);
  });

  it('reads what is new to the microsecond, through joins and orders', async () => {
    await server.query('INSERT INTO readings (value) VALUES (1), (2)');
    await server.query("INSERT INTO labels SELECT id, 'l' || value FROM readings");
    const query =
      'SELECT r.value, l.label FROM readings r LEFT JOIN labels l ON l.reading = r.id WHERE value > 0 ORDER BY r.value DESC';
    const first = await read(query);
    assert.deepEqual(first.rows, [
      { value: 2, label: 'l2' },
      { value: 1, label: 'l1' },
    ]);
    assert.deepEqual((await read(query, first.mark)).rows, []);
    await server.query('INSERT INTO readings (value) VALUES (3)');
    const second = await read(query, first.mark);
    assert.deepEqual(second.rows, [{ value: 3, label: null }]);
  });

  it('GIVEN_transaction_under_way_WHEN_read_THEN_its_rows_are_neither_lost_nor_read_twice', async () => {
    const client = await server.connect();
    try {
      await client.query('BEGIN');
      await client.query('INSERT INTO readings (value) VALUES (1)');
      await server.query('INSERT INTO readings (value) VALUES (2)');
      const first = await read('SELECT value FROM readings');
      await client.query('COMMIT');
      const second = await read('SELECT value FROM readings', first.mark);
      const all = [...first.rows, ...second.rows].map(({ value }) => value).sort();
      assert.deepEqual(all, [1, 2]);
    } finally {
      await client.end();
    }
  });

  it('leaves what is younger than the lag for the next time', async () => {
    await server.query("INSERT INTO readings (value, created) VALUES (1, now() - interval '1 hour'), (2, now())");
    assert.deepEqual((await read('SELECT value FROM readings', undefined, 60_000)).rows, [{ value: 1 }]);
  });

  it('GIVEN_lag_that_grew_WHEN_read_again_THEN_no_row_comes_twice', async () => {
    await server.query('INSERT INTO readings (value) VALUES (1)');
    const first = await read('SELECT value FROM readings');
    const second = await read('SELECT value FROM readings', first.mark, 3_600_000);
    const third = await read('SELECT value FROM readings', second.mark);
    assert.deepEqual(
      [first, second, third].map(({ rows }) => rows.length),
      [1, 0, 0],
    );
    assert.equal(second.mark.to, first.mark.to);
  });

  describe('whose times have no zone', () => {
    const path = () => lab.file('zoneless.json');
    const readOf = async (table: string, from?: Watermark, lagMs = 0) => {
      const newData = [{ collection: table, ...(from ? { from } : {}) }];
      const request = { query: `SELECT value FROM ${table} ORDER BY value`, newData, lagMs };
      const { windows } = await lab.collections.export('plant', request, path());
      assert.ok(windows[0]);
      const rows = JSON.parse(await readFile(path(), 'utf8')) as { value: number }[];
      const { collection, identity, to } = windows[0];
      return { values: rows.map(({ value }) => value), mark: { collection, identity, to } };
    };
    /** Lets the mark be what it was then. */
    const lagSince = (iso: string): number => Date.now() - Date.parse(iso);

    before(() =>
      server.query(`CREATE TABLE moments (value int, created timestamp NOT NULL DEFAULT now());
        CREATE TABLE days (value int, created date NOT NULL DEFAULT current_date);`),
    );
    beforeEach(() => server.query('TRUNCATE moments, days'));
    afterEach(() => server.query('ALTER DATABASE postgres RESET TimeZone; ALTER ROLE postgres RESET TimeZone'));

    for (const zone of ['America/New_York', 'Asia/Tokyo']) {
      it(`GIVEN_database_in_${zone.split('/')[1]}_WHEN_rows_come_after_a_run_THEN_the_next_one_gets_them`, async () => {
        await server.query(`ALTER DATABASE postgres SET TimeZone TO '${zone}'`);
        await server.query('INSERT INTO moments VALUES (1)');
        const first = await readOf('moments');
        await server.query('INSERT INTO moments VALUES (2)');
        const second = await readOf('moments', first.mark);
        await server.query('INSERT INTO moments VALUES (3)');
        const third = await readOf('moments', second.mark);
        assert.deepEqual([first.values, second.values, third.values], [[1], [2], [3]]);
      });
    }

    for (const { at, to } of [
      { at: '2025-11-02T04:30:00Z', to: /^2025-11-02 00:30:/ },
      // Clocks go back from 2:00 to 1:00 at 6:00 UTC, so that what follows shows times from 1:00 on once more.
      { at: '2025-11-02T05:30:00Z', to: /^2025-11-02 00:59:59\.999999$/ },
      { at: '2025-11-02T06:30:00Z', to: /^2025-11-02 01:30:/ },
      { at: '2026-03-08T07:30:00Z', to: /^2026-03-08 03:30:/ },
    ]) {
      it(`reads until ${to.source} at ${at} in New York`, async () => {
        await server.query("ALTER ROLE postgres SET TimeZone TO 'America/New_York'");
        assert.match((await readOf('moments', undefined, lagSince(at))).mark.to, to);
      });
    }

    it('GIVEN_days_WHEN_a_day_is_not_over_where_the_database_is_THEN_its_rows_wait_for_the_end_of_it', async () => {
      await server.query("ALTER DATABASE postgres SET TimeZone TO 'America/New_York'");
      await server.query("INSERT INTO days VALUES (7, '2026-06-07'), (8, '2026-06-08'), (9, '2026-06-09')");
      const first = await readOf('days', undefined, lagSince('2026-06-10T03:00:00Z'));
      assert.deepEqual([first.values, first.mark.to], [[7, 8], '2026-06-08']);
      await server.query("INSERT INTO days VALUES (10, '2026-06-09')");
      const second = await readOf('days', first.mark, lagSince('2026-06-10T05:00:00Z'));
      assert.deepEqual([second.values, second.mark.to], [[9, 10], '2026-06-09']);
    });

    it('are not guessed where the database does not say whose clock they show', async () => {
      for (const table of ['moments', 'days']) {
        await assert.rejects(readOf(table), (error) => {
          assert.ok(ModelManagementError.is(error) && error.code === 'INVALID_QUERY', String(error));
          assert.match(error.hint, /ALTER ROLE "postgres" SET TimeZone/);
          return true;
        });
      }
      await using own = await CollectionsLab.open({
        plant: { kind: 'postgres', options: { ...server.options, options: '-c TimeZone=UTC' } },
      });
      const request = { query: 'SELECT value FROM moments', newData: [{ collection: 'moments' }], lagMs: 0 };
      assert.equal((await own.collections.export('plant', request, path())).windows.length, 1);
    });
  });

  it('refuses to guess which transactions are open', async () => {
    await server.query("CREATE ROLE reader LOGIN PASSWORD 'read'; GRANT SELECT ON readings TO reader");
    await using own = await CollectionsLab.open({
      plant: { kind: 'postgres', options: { ...server.options, user: 'reader', password: 'read' } },
    });
    const request = (lagMs: number) => ({
      query: 'SELECT value FROM readings',
      newData: [{ collection: 'readings' }],
      lagMs,
    });
    const path = own.file('data.json');
    await assert.rejects(own.collections.export('plant', request(0), path), (error) => {
      assert.ok(ModelManagementError.is(error) && error.code === 'INVALID_QUERY');
      assert.match(error.hint, /GRANT pg_read_all_stats TO "reader"/);
      return true;
    });
    assert.equal((await own.collections.export('plant', request(1), path)).windows.length, 1);
    assert.equal((await own.collections.export('plant', { ...request(0), newData: [] }, path)).windows.length, 0);
    await server.query('GRANT pg_read_all_stats TO reader');
    assert.equal((await own.collections.export('plant', request(0), path)).windows.length, 1);
  });

  it('reads a table made anew from its beginning', async () => {
    await server.query('INSERT INTO readings (value) VALUES (1)');
    const { mark } = await read('SELECT value FROM readings');
    const from = { ...mark, identity: 'plant/postgres/1' };
    assert.deepEqual((await read('SELECT value FROM readings', from)).rows, [{ value: 1 }]);
  });

  it('only reads', async () => {
    await server.query(
      'CREATE OR REPLACE FUNCTION adds() RETURNS int LANGUAGE sql AS $$ INSERT INTO labels VALUES (1) RETURNING 1 $$',
    );
    const ask = (query: string): Promise<unknown> => lab.collections.query({ source: 'plant', query });
    await assert.rejects(ask('SELECT adds()'), hasCode('INVALID_QUERY'));
    await assert.rejects(ask('WITH x AS (DELETE FROM readings RETURNING *) SELECT * FROM x'), hasCode('INVALID_QUERY'));
    await assert.rejects(ask('SELECT 1; DROP TABLE readings'), hasCode('INVALID_QUERY'));
    assert.deepEqual(await server.query('SELECT count(*)::int AS n FROM labels'), [{ n: 0 }]);
  });

  it('ends a statement that takes too long', async () => {
    const query = 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b';
    await assert.rejects(lab.collections.query({ source: 'hasty', query }), hasCode('QUERY_TIMEOUT'));
  });

  it('gives a query the time that its source has, and says how to give more', async () => {
    const source = { kind: 'postgres', options: server.options } as const;
    await using own = await CollectionsLab.open(
      { patient: { ...source, timeoutMs: 20_000 }, usual: source },
      { timeouts: { previewMs: 200, exportMs: 200 } },
    );
    await server.query('CREATE VIEW slow AS SELECT 1 AS one FROM pg_sleep(1)');
    const query = 'SELECT one FROM slow';
    const request = { query, newData: [], lagMs: 0 };
    const ask = (name: string): readonly Promise<unknown>[] => [
      own.collections.query({ source: name, query }),
      own.collections.count(name, request),
      own.collections.export(name, request, own.file(`${name}.json`)),
    ];
    await Promise.all(ask('patient'));
    for (const answer of await Promise.allSettled(ask('usual'))) {
      assert.ok(answer.status === 'rejected' && ModelManagementError.is(answer.reason), answer.status);
      assert.equal(answer.reason.code, 'QUERY_TIMEOUT');
      assert.match(answer.reason.hint, /timeoutMs of the source/);
    }
  });

  it('says what is missing', async () => {
    const path = lab.file('data.json');
    const request = { query: 'SELECT * FROM timeless', newData: [{ collection: 'timeless' }], lagMs: 0 };
    await assert.rejects(lab.collections.export('plant', request, path), hasCode('INVALID_QUERY'));
    await assert.rejects(lab.collections.query({ source: 'away', query: 'SELECT 1' }), hasCode('SOURCE_UNAVAILABLE'));
    await assert.rejects(lab.collections.query({ source: 'plant', query: 'SELECT nothing' }), hasCode('INVALID_QUERY'));
  });

  it('counts rows, and those that are new', async () => {
    const query = 'SELECT r.value, r.value FROM readings r JOIN labels l ON l.reading = r.id -- both';
    const count = (from?: Watermark) => {
      const newData = [{ collection: 'readings', ...(from ? { from } : {}) }];
      return lab.collections.count('plant', { query, newData, lagMs: 0 });
    };
    await server.query('INSERT INTO readings (id, value) VALUES (1, 1), (2, 2)');
    await server.query("INSERT INTO labels VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    assert.deepEqual(await count(), { rows: 2, newRows: 2 });
    const { mark } = await read('SELECT * FROM readings');
    assert.deepEqual(await count(mark), { rows: 2, newRows: 0 });
    await server.query('INSERT INTO readings (id, value) VALUES (3, 3)');
    assert.deepEqual(await count(mark), { rows: 3, newRows: 1 });
  });

  it('streams more rows than it keeps in memory', async () => {
    await server.query('INSERT INTO readings (value) SELECT i FROM generate_series(1, 20000) i');
    assert.equal((await read('SELECT value FROM readings')).rows.length, 20_000);
  });
});
