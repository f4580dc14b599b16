import assert from 'node:assert/strict';
import { mentions, parseReadQuery, refuseQualified, withExpressions } from '../../../lib/collections/sql/read-query';
import type { Dialect } from '../../../lib/collections/sql/tokens';
import { ModelManagementError } from '../../../lib/errors';

const refuses = (work: () => unknown, words: RegExp): void => {
  assert.throws(work, (error: unknown) => {
    assert.ok(ModelManagementError.is(error) && error.code === 'INVALID_QUERY', String(error));
    assert.match(error.message, words);
    return true;
  });
};

describe('a query that only reads', () => {
  const good: readonly string[] = [
    'SELECT * FROM iris',
    'select * from iris;',
    'SELECT * FROM iris ; -- all of it',
    "SELECT 'a;b' FROM iris",
    'SELECT "update" FROM iris',
    "SELECT replace(species, 'a', 'b') FROM iris",
    'WITH a AS (SELECT 1 AS n) SELECT * FROM a',
    'WITH RECURSIVE a(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT * FROM a',
    '/* delete */ SELECT 1',
    'SELECT CASE WHEN a > 1 THEN 1 ELSE 0 END FROM iris',
  ];
  for (const sql of good) {
    it(`takes ${sql}`, () => {
      assert.equal(parseReadQuery(sql, 'sqlite').text.includes(';;'), false);
    });
  }

  const bad: readonly { readonly sql: string; readonly words: RegExp; readonly dialect?: Dialect }[] = [
    { sql: '', words: /empty/ },
    { sql: '-- nothing', words: /empty/ },
    { sql: 'DELETE FROM iris', words: /begins with SELECT or WITH/ },
    { sql: 'PRAGMA database_list', words: /begins with/ },
    { sql: "ATTACH 'x' AS y", words: /begins with/ },
    { sql: 'SELECT 1; DELETE FROM iris', words: /more than one statement/ },
    { sql: 'WITH a AS (SELECT 1) DELETE FROM iris', words: /writes \(DELETE\)/ },
    {
      sql: 'WITH a AS (DELETE FROM iris RETURNING *) SELECT * FROM a',
      words: /writes \(DELETE\)/,
      dialect: 'postgres',
    },
    { sql: 'SELECT * INTO copy FROM iris', words: /writes \(INTO\)/, dialect: 'postgres' },
    { sql: 'SELECT * FROM pragma_database_list', words: /pragma_database_list/ },
    { sql: 'SELECT load_extension(1)', words: /load_extension/ },
    { sql: "SELECT pg_read_file('x')", words: /pg_read_file/, dialect: 'postgres' },
    { sql: "SELECT set_config('transaction_read_only', 'off', false)", words: /set_config/, dialect: 'postgres' },
    { sql: "SELECT 'a", words: /does not end/ },
    { sql: 'SELECT /* a', words: /does not end/ },
    { sql: 'SELECT ?', words: /parameter/ },
    { sql: 'SELECT $1', words: /parameter/, dialect: 'postgres' },
    { sql: 'SELECT $$a; DELETE$$; DELETE FROM b', words: /more than one/, dialect: 'postgres' },
    { sql: "SELECT E'a\\'; ' ; DELETE FROM b", words: /more than one/, dialect: 'postgres' },
  ];
  for (const { sql, words, dialect = 'sqlite' } of bad) {
    it(`refuses ${sql || 'nothing'} (${dialect})`, () => refuses(() => parseReadQuery(sql, dialect), words));
  }

  it('GIVEN_text_or_comment_with_a_name_WHEN_asked_THEN_it_is_not_taken_for_the_table', () => {
    assert.equal(mentions(parseReadQuery("SELECT 'iris' /* iris */ FROM b", 'sqlite'), 'iris'), false);
    assert.equal(mentions(parseReadQuery('SELECT 1 FROM IRIS', 'sqlite'), 'iris'), true);
    assert.equal(mentions(parseReadQuery('SELECT 1 FROM [Iris]', 'sqlite'), 'iris'), true);
  });

  it('refuses a name with its schema, which would pass by the shadow', () => {
    refuses(() => refuseQualified(parseReadQuery('SELECT * FROM main.iris', 'sqlite'), ['main'], 'iris'), /all of it/);
    refuses(() => refuseQualified(parseReadQuery('SELECT * FROM "MAIN" . "iris"', 'sqlite'), ['main'], 'iris'), /all/);
    refuseQualified(parseReadQuery('SELECT a.iris FROM a', 'sqlite'), ['main'], 'iris');
  });

  const added = 'x AS (SELECT 1)';
  for (const { sql, whole } of [
    { sql: 'SELECT 1 ;', whole: `WITH ${added} SELECT 1` },
    { sql: 'with a as (select 1) select 2', whole: `with ${added}, a as (select 1) select 2` },
    { sql: 'WITH RECURSIVE a AS (SELECT 1) SELECT 2', whole: `WITH RECURSIVE ${added}, a AS (SELECT 1) SELECT 2` },
    { sql: 'SELECT 1 -- end', whole: `WITH ${added} SELECT 1` },
  ]) {
    it(`puts an expression before ${sql}`, () => {
      assert.equal(withExpressions(parseReadQuery(sql, 'sqlite'), [added]), whole);
    });
  }
});
