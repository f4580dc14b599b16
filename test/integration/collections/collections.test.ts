import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { RowBounds, RowPage, Watermark } from '../../../lib/collections';
import { ModelManagementError } from '../../../lib/errors';
import { CollectionsLab } from '../../support/collections-lab';
import { waitFor } from '../../support/wait-for';

const hasCode = (code: string) => (error: unknown) => {
  assert.ok(ModelManagementError.is(error), String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

const readJson = async (path: string): Promise<unknown[]> => JSON.parse(await readFile(path, 'utf8')) as unknown[];

/** Does not end by itself. */
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0';

describe('collections', function () {
  this.timeout(60_000);

  it('keep rows with item_id and created, and give them back as they came', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    await collections.create({ name: 'iris' });
    const row = { petal: 1.4, species: 'setosä', ok: true, raw: [1, { a: null }], empty: null };
    const { inserted, rows = [] } = await collections.insert('IRIS', row, { wantsRows: true });
    assert.equal(inserted, 1);
    const answer = await collections.query({ query: 'SELECT * FROM iris' });
    assert.deepEqual(answer.rows, rows);
    const { item_id: itemId, created, ...rest } = rows[0] ?? {};
    assert.match(String(itemId), /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(Date.now() - Date.parse(String(created))) < 60_000);
    const { empty: _none, ...given } = row;
    assert.deepEqual(rest, given);
    const [stored] = await collections.list();
    assert.equal(stored?.rowCount, 1);
  });

  it('store nothing of an insert that does not fit, and everything of the one beside it', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    await collections.create({ name: 'a', columns: [{ name: 'x', type: 'integer' }] });
    const results = await Promise.allSettled([
      collections.insert('a', [{ x: 1 }, { x: 2 }]),
      collections.insert('a', [{ x: 3 }, { x: 'four' }]),
      collections.insert('a', [{ x: 5 }]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const { rows } = await collections.query({ query: 'SELECT x FROM a ORDER BY x' });
    assert.deepEqual(rows, [{ x: 1 }, { x: 2 }, { x: 5 }]);
  });

  it('leave a row alone whose item_id is there already', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a' });
    await lab.collections.insert('a', { item_id: 'one', x: 1 });
    const again = await lab.collections.insert('a', [{ item_id: 'one', x: 2 }, { x: 3 }]);
    assert.deepEqual(again, { inserted: 1, duplicates: 1 });
    assert.equal((await lab.collections.get('a')).rowCount, 2);
  });

  it('stay while somebody reads them, and tell who', async () => {
    const usedBy = [{ kind: 'job', id: '1', name: 'nightly' }] as const;
    await using lab = await CollectionsLab.open({}, { usage: (name) => (name === 'Read' ? usedBy : []) });
    await lab.collections.create({ name: 'Read' });
    await assert.rejects(lab.collections.remove('read'), (error) => {
      assert.ok(ModelManagementError.is(error) && error.code === 'IN_USE', String(error));
      assert.equal(error.message, 'The collection Read is in use by nightly.');
      assert.deepEqual(error.details, { usedBy });
      return true;
    });
    await lab.collections.create({ name: 'unread' });
    await lab.collections.remove('unread');
    const names = (await lab.collections.list()).map(({ name }) => name);
    assert.deepEqual(names, ['Read']);
  });

  it('remove the oldest rows by count and by age', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a', retention: { maxRows: 3, maxAgeMs: 3_600_000 } });
    await lab.collections.insert('a', { x: 0, created: '2020-01-01T00:00:00Z' });
    await lab.collections.insert(
      'a',
      [1, 2, 3, 4].map((x) => ({ x })),
    );
    const { rows } = await lab.collections.query({ query: 'SELECT x FROM a' });
    assert.deepEqual(rows, [{ x: 2 }, { x: 3 }, { x: 4 }]);
    assert.equal((await lab.collections.get('a')).rowCount, 3);
  });

  it('give no more of their rows at once than fits, and say where the others begin', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    await collections.create({ name: 'a' });
    const large = 'x'.repeat(500_000);
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await collections.insert(
      'a',
      numbers.map((n) => ({ n, large })),
    );
    const seen: unknown[] = [];
    let pageCount = 0;
    for (let offset: number | null = 0; offset !== null; pageCount += 1) {
      const page: RowPage = await collections.rows('a', { order: 'asc', offset: String(offset) });
      assert.equal(page.total, 30);
      seen.push(...page.items.map(({ n }) => n));
      offset = page.nextOffset;
    }
    assert.deepEqual([seen, pageCount], [numbers, 2]);
    const first = await collections.rows('a', { limit: '10' });
    assert.deepEqual([first.items.length, first.nextOffset], [10, 10]);
    const last = await collections.rows('a', { limit: '10', offset: '25', search: 'xx' });
    assert.deepEqual([last.items.length, last.total, last.nextOffset], [5, 30, null]);
    assert.deepEqual(await collections.rows('a', { limit: '0' }), { items: [], total: 30, nextOffset: null });
  });

  it('refuse to give a row alone that does not fit, rather than nothing', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a' });
    await lab.collections.insert('a', { n: 1, large: 'x'.repeat(9_000_000) });
    await assert.rejects(lab.collections.rows('a', {}), hasCode('DATA_TOO_LARGE'));
    assert.deepEqual((await lab.collections.query({ query: 'SELECT n FROM a' })).rows, [{ n: 1 }]);
  });

  it('bind values to a query, and only read', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a' });
    await lab.collections.insert('a', [{ x: 1 }, { x: 2 }]);
    const query = 'SELECT x FROM a WHERE x > :least';
    assert.deepEqual((await lab.collections.query({ query }, { least: 1 })).rows, [{ x: 2 }]);
    await assert.rejects(lab.collections.query({ query: 'DELETE FROM a' }), hasCode('INVALID_QUERY'));
    await assert.rejects(lab.collections.query({ query: 'SELECT nothing FROM a' }), hasCode('INVALID_QUERY'));
    await assert.rejects(lab.collections.query({ query: 'SELECT 1', source: 'x' }), hasCode('SOURCE_NOT_FOUND'));
    const { rows, truncated } = await lab.collections.query({ query: 'SELECT x FROM a', limit: 1 });
    assert.deepEqual([rows.length, truncated], [1, true]);
  });

  it('name each column of a join once', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a' });
    await lab.collections.insert('a', { x: 1 });
    const { columns } = await lab.collections.query({ query: 'SELECT l.x, r.x, l.x AS y FROM a l JOIN a r' });
    assert.deepEqual(columns, ['x', 'x:1', 'y']);
  });

  it('keep every digit of whole numbers', async () => {
    await using lab = await CollectionsLab.open();
    const path = lab.file('data.json');
    await lab.collections.export('local', { query: 'SELECT 9007199254740993 AS n', newData: [], lagMs: 0 }, path);
    assert.equal((await readFile(path, 'utf8')).trim(), '[\n{"n":9007199254740993}\n]');
  });

  it('write a valid array for zero rows', async () => {
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'a', columns: [{ name: 'x', type: 'text' }] });
    const path = lab.file('data.json');
    const written = await lab.collections.export('local', { query: 'SELECT * FROM a', newData: [], lagMs: 0 }, path);
    assert.equal(written.rows, 0);
    assert.deepEqual(await readJson(path), []);
  });

  it('read only what is new behind a mark, whatever else the query does', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    const path = lab.file('data.json');
    await collections.create({ name: 'a' });
    await collections.create({ name: 'b' });
    await collections.insert(
      'a',
      [1, 2, 3].map((x) => ({ x, k: x % 2 })),
    );
    await collections.insert('b', [
      { k: 0, w: 'even' },
      { k: 1, w: 'odd' },
    ]);
    const query =
      'WITH big AS (SELECT * FROM a WHERE x > 1) SELECT b.w, count(*) AS n FROM big JOIN b USING (k) GROUP BY b.w ORDER BY n DESC, b.w';
    const run = async (from?: Watermark) =>
      collections.export('local', { query, newData: [{ collection: 'a', ...(from ? { from } : {}) }], lagMs: 0 }, path);
    const first = await run();
    assert.deepEqual(await readJson(path), [
      { w: 'even', n: 1 },
      { w: 'odd', n: 1 },
    ]);
    await collections.insert('a', [
      { x: 8, k: 0 },
      { x: 10, k: 0 },
    ]);
    const [window] = first.windows;
    assert.ok(window);
    const second = await run({ collection: 'a', identity: window.identity, to: window.to });
    assert.deepEqual(await readJson(path), [{ w: 'even', n: 2 }]);
    assert.equal(second.windows[0]?.from, window.to);
  });

  const LONG = 1_000;
  const partings: readonly {
    readonly what: string;
    readonly rows: readonly object[];
    readonly first: RowBounds;
    readonly parts: readonly number[];
  }[] = [
    { what: 'so many', rows: fiveOf('x'), first: { maxRows: 2, maxBytes: 1e9 }, parts: [2, 2, 1, 0] },
    { what: 'all there are', rows: fiveOf('x'), first: { maxRows: 5, maxBytes: 1e9 }, parts: [5, 0] },
    {
      what: 'so many bytes',
      rows: fiveOf('x'.repeat(LONG)),
      first: { maxRows: 9, maxBytes: 3_000 },
      parts: [2, 2, 1, 0],
    },
    {
      what: 'bytes as JSON',
      rows: fiveOf('\n'.repeat(LONG)),
      first: { maxRows: 9, maxBytes: 3_000 },
      parts: [1, 1, 1, 1, 1, 0],
    },
    {
      what: 'bytes of objects',
      rows: fiveOf({ a: 'x'.repeat(LONG) }),
      first: { maxRows: 9, maxBytes: 3_000 },
      parts: [2, 2, 1, 0],
    },
    {
      what: 'bytes, and one row has more',
      rows: [{ x: 'a' }, { x: 'b'.repeat(9 * LONG) }, { x: 'c' }, { x: 'd' }],
      first: { maxRows: 9, maxBytes: 3_000 },
      parts: [1, 1, 2, 0],
    },
  ];
  for (const { what, rows, first, parts } of partings) {
    it(`come in parts when they are asked for by ${what}`, async () => {
      await using lab = await CollectionsLab.open();
      const { collections } = lab;
      const name = 'parted';
      await collections.create({ name });
      await collections.insert(name, rows);
      const found: number[] = [];
      const values: unknown[] = [];
      let from: Watermark | undefined;
      for (const _ of parts) {
        const request = {
          query: `SELECT * FROM ${name}`,
          newData: [{ collection: name, first, ...(from && { from }) }],
          lagMs: 0,
        };
        const path = lab.file('part.json');
        const { windows, sizeBytes } = await collections.export('local', request, path);
        const part = (await readJson(path)) as { readonly x: unknown }[];
        found.push(part.length);
        values.push(...part.map(({ x }) => ({ x })));
        assert.ok(part.length <= 1 || sizeBytes <= first.maxBytes, `${sizeBytes} bytes`);
        const [window] = windows;
        assert.ok(window);
        from = { collection: name, identity: window.identity, to: window.to };
      }
      assert.deepEqual(found, parts);
      assert.deepEqual(values, rows);
    });
  }

  it('count rows, and those that are new', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    const name = 'counted';
    await collections.create({ name });
    await collections.insert(name, [{ x: 1 }, { x: 2 }, { x: 3 }]);
    const query = `SELECT x, x FROM ${name} WHERE x > 1 -- without the first`;
    const request = (from?: Watermark) => ({ query, newData: [{ collection: name, ...(from && { from }) }], lagMs: 0 });
    assert.deepEqual(await collections.count('local', request()), { rows: 2, newRows: 2 });
    const { windows } = await collections.export('local', request(), lab.file('counted.json'));
    const mark = windows.map(({ collection, identity, to }) => ({ collection, identity, to }))[0];
    await collections.insert(name, [{ x: 4 }, { x: 0 }]);
    assert.deepEqual(await collections.count('local', request(mark)), { rows: 3, newRows: 1 });
    assert.deepEqual(await collections.count('local', { ...request(), newData: [] }), { rows: 3, newRows: 3 });
  });

  it('read a collection made anew from its beginning', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    const path = lab.file('data.json');
    const request = { query: 'SELECT x FROM a', newData: [{ collection: 'a' }], lagMs: 0 };
    await collections.create({ name: 'a' });
    await collections.insert('a', [{ x: 1 }, { x: 2 }]);
    const { windows } = await collections.export('local', request, path);
    await collections.remove('a');
    await collections.create({ name: 'a' });
    await collections.insert('a', { x: 3 });
    const from = { collection: 'a', identity: windows[0]?.identity ?? '', to: windows[0]?.to ?? '' };
    await collections.export('local', { ...request, newData: [{ collection: 'a', from }] }, path);
    assert.deepEqual(await readJson(path), [{ x: 3 }]);
  });

  it('never give a sequence number again, so that rows after a deletion are new', async () => {
    await using lab = await CollectionsLab.open();
    const { collections } = lab;
    const path = lab.file('data.json');
    await collections.create({ name: 'a' });
    await collections.insert('a', { x: 1, created: '2020-01-01T00:00:00Z' });
    const request = { query: 'SELECT x FROM a', newData: [{ collection: 'a' }], lagMs: 0 };
    const { windows } = await collections.export('local', request, path);
    const from = { collection: 'a', identity: windows[0]?.identity ?? '', to: windows[0]?.to ?? '' };
    assert.equal((await collections.update('a', { retention: { maxAgeMs: 3_600_000 } })).rowCount, 0);
    await collections.insert('a', { x: 2 });
    await collections.export('local', { ...request, newData: [{ collection: 'a', from }] }, path);
    assert.deepEqual(await readJson(path), [{ x: 2 }]);
  });

  it('leave rows younger than the lag for the next time', async () => {
    await using lab = await CollectionsLab.open();
    const path = lab.file('data.json');
    await lab.collections.create({ name: 'a' });
    await lab.collections.insert('a', { x: 1, created: '2020-01-01T00:00:00Z' });
    await lab.collections.insert('a', { x: 2 });
    const request = { query: 'SELECT x FROM a', newData: [{ collection: 'a' }], lagMs: 3_600_000 };
    await lab.collections.export('local', request, path);
    assert.deepEqual(await readJson(path), [{ x: 1 }]);
  });

  it('refuse to read past the mark by the name of the schema, or a collection the query does not read', async () => {
    await using lab = await CollectionsLab.open();
    const path = lab.file('data.json');
    await lab.collections.create({ name: 'a' });
    const newData = [{ collection: 'a' }];
    for (const query of ['SELECT * FROM main.a', 'SELECT 1']) {
      await assert.rejects(
        lab.collections.export('local', { query, newData, lagMs: 0 }, path),
        hasCode('INVALID_QUERY'),
      );
    }
  });

  it('GIVEN_damaged_database_WHEN_asked_THEN_it_is_named_and_works_once_it_is_restored', async () => {
    await using lab = await CollectionsLab.open();
    const path = lab.file('collections.sqlite');
    await writeFile(path, 'no database '.repeat(1_000));
    await assert.rejects(lab.collections.list(), hasCode('STORAGE_CORRUPT'));
    await assert.rejects(lab.collections.query({ query: 'SELECT 1' }), hasCode('STORAGE_CORRUPT'));
    await rm(path);
    assert.deepEqual(await lab.collections.list(), []);
  });

  it('answer a query before anything was stored', async () => {
    await using lab = await CollectionsLab.open();
    const { rows } = await lab.collections.query({ query: 'SELECT 1 AS one' });
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  it('GIVEN_query_without_end_WHEN_it_is_given_up_THEN_it_is_ended_and_this_thread_was_free', async () => {
    await using lab = await CollectionsLab.open();
    const stop = new AbortController();
    // Time of the processor: while others have it, this thread is as free as before.
    let longestMs = 0;
    let last = process.cpuUsage();
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(last);
      longestMs = Math.max(longestMs, (user + system) / 1_000);
      last = process.cpuUsage();
    }, 5);
    const asked = lab.collections.query({ query: ENDLESS }, {}, stop.signal);
    const other = await lab.collections.query({ query: 'SELECT 1 AS one' });
    assert.deepEqual(other.rows, [{ one: 1 }]);
    setTimeout(() => stop.abort(), 300);
    await assert.rejects(asked, hasCode('ABORTED'));
    clearInterval(timer);
    assert.ok(longestMs < 1_000, `${longestMs} ms`);
    assert.deepEqual((await lab.collections.query({ query: 'SELECT 2 AS two' })).rows, [{ two: 2 }]);
  });

  it('GIVEN_query_without_end_WHEN_its_time_is_over_THEN_it_is_ended_and_the_next_is_answered', async () => {
    await using lab = await CollectionsLab.open({}, { timeouts: { previewMs: 300, exportMs: 400 } });
    const { collections } = lab;
    const request = { query: ENDLESS, newData: [], lagMs: 0 };
    const isEnded = (answer: Promise<unknown>, timeoutMs: number) =>
      assert.rejects(answer, (error) => {
        assert.ok(ModelManagementError.is(error) && error.code === 'QUERY_TIMEOUT', String(error));
        assert.deepEqual(error.details, { timeoutMs });
        return true;
      });
    // Heard together: nobody knows which of the processes is the first to be gone.
    await Promise.all([
      isEnded(collections.query({ query: ENDLESS }), 300),
      isEnded(collections.count('local', request), 300),
      isEnded(collections.export('local', request, lab.file('data.json')), 400),
    ]);
    // On a busy machine the next reader takes longer to start than the time a query has here.
    const next = await waitFor(() => collections.query({ query: 'SELECT 2 AS two' }));
    assert.deepEqual(next.rows, [{ two: 2 }]);
  });
});

function fiveOf(x: unknown): readonly object[] {
  return Array.from({ length: 5 }, () => ({ x }));
}
