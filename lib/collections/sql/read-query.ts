import { nameKey } from '../names';
import { type Dialect, invalidQuery, type SqlToken, tokenize } from './tokens';

/** A query that only reads, taken apart as far as our additions need. */
export interface ReadQuery {
  readonly dialect: Dialect;
  /** Without a closing semicolon. */
  readonly text: string;
  readonly tokens: readonly SqlToken[];
  /** Where common table expressions of ours go: behind the WITH that is there, or null where there is none. */
  readonly withEnd: number | null;
}

const WRITES = new Set(
  'insert update delete replace merge create drop alter truncate attach detach pragma vacuum reindex analyze begin commit rollback savepoint release copy call do grant revoke set reset lock listen notify prepare execute deallocate explain declare fetch close import cluster refresh comment security values table'.split(
    ' ',
  ),
);
const HINT = 'Write one SELECT, or a WITH that ends in one.';

/**
 * Checks that a text is exactly one query that reads, and nothing else. The connection is read-only as well; this is
 * what it does not stop: further statements, ATTACH, functions that tell of or reach into the server.
 *
 * @param mayBind - allow parameters such as `:name`
 * @throws {ModelManagementError} `INVALID_QUERY`
 */
export function parseReadQuery(sql: string, dialect: Dialect, mayBind = false): ReadQuery {
  const all = tokenize(sql, dialect);
  const tokens = withoutLastSemicolon(all);
  const first = tokens[0];
  if (!first) throw invalidQuery('The query is empty.', HINT);
  const opening = wordOf(first);
  if (opening !== 'select' && opening !== 'with') {
    throw invalidQuery(`A query begins with SELECT or WITH, this one with "${first.text.slice(0, 40)}".`, HINT);
  }
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'sign' && token.text === ';') {
      throw invalidQuery('The query holds more than one statement.', HINT);
    }
    if (token.kind === 'parameter' && !mayBind) {
      throw invalidQuery(
        `The query holds the parameter ${token.text}, and nothing gives it a value.`,
        'Write the value itself.',
      );
    }
    refuseWrite(token, tokens[index - 1], tokens[index + 1], index);
    refuseMeta(token, tokens[index + 1], dialect);
  }
  const last = tokens.at(-1) ?? first;
  return { dialect, text: sql.slice(0, last.end), tokens, withEnd: withEndOf(tokens) };
}

function withoutLastSemicolon(tokens: readonly SqlToken[]): readonly SqlToken[] {
  const end = tokens.findLastIndex(({ kind, text }) => kind !== 'sign' || text !== ';');
  return tokens.slice(0, end + 1);
}

const wordOf = (token: SqlToken | undefined): string | undefined =>
  token?.kind === 'word' ? token.text.toLowerCase() : undefined;

const isSign = (token: SqlToken | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text;

/** A statement begins at the start, in parentheses, or behind those of a WITH. */
function refuseWrite(token: SqlToken, before: SqlToken | undefined, after: SqlToken | undefined, index: number): void {
  const word = wordOf(token);
  if (word === undefined) return;
  if (word === 'into') {
    throw invalidQuery('The query writes (INTO).', 'Queries only read.');
  }
  const begins = index === 0 || isSign(before, '(') || isSign(before, ')');
  // replace(…) is a function too, and values (…) a table.
  if (!begins || !WRITES.has(word) || isSign(after, '(')) return;
  if (word === 'values' || word === 'table') return;
  throw invalidQuery(`The query writes (${token.text.toUpperCase()}).`, 'Queries only read.');
}

const REFUSED_FUNCTIONS =
  /^(?:pragma_|load_extension$|readfile$|writefile$|pg_read_|pg_ls_|pg_stat_file$|lo_|dblink|pg_terminate_|pg_cancel_|pg_reload_|set_config$|pg_sleep|pg_advisory_|query_to_xml)/i;

function refuseMeta(token: SqlToken, after: SqlToken | undefined, dialect: Dialect): void {
  if (token.kind !== 'word' && token.kind !== 'quoted') return;
  const isCalled = isSign(after, '(') || (dialect === 'sqlite' && /^pragma_/i.test(token.text));
  if (!isCalled || !REFUSED_FUNCTIONS.test(token.text)) return;
  throw invalidQuery(`The query uses ${token.text.slice(0, 60)}, which reaches beyond its data.`, 'Leave it out.');
}

function withEndOf(tokens: readonly SqlToken[]): number | null {
  const [first, second] = tokens;
  if (!first || wordOf(first) !== 'with') return null;
  return second && wordOf(second) === 'recursive' ? second.end : first.end;
}

/** Whether a name stands in the query as one, be it of a table or of something else. */
export function mentions(query: ReadQuery, name: string): boolean {
  return query.tokens.some((token) => isName(token, name, query.dialect));
}

function isName(token: SqlToken | undefined, name: string, dialect: Dialect): boolean {
  if (token?.kind === 'word') return nameKey(token.text) === nameKey(name);
  if (token?.kind !== 'quoted') return false;
  return dialect === 'postgres' ? token.text === name : nameKey(token.text) === nameKey(name);
}

/** Refuses `schema.name`: it would pass by the part of the table that a run may see. */
export function refuseQualified(query: ReadQuery, schemas: readonly string[], name: string): void {
  for (const [index, token] of query.tokens.entries()) {
    if (!isName(token, name, query.dialect) || !isSign(query.tokens[index - 1], '.')) continue;
    const schema = query.tokens[index - 2];
    if (!schemas.some((known) => isName(schema, known, query.dialect))) continue;
    throw invalidQuery(
      `The query names ${schema?.text}.${name}, which would read all of it, not only what is new.`,
      `Write ${name} without ${schema?.text}.`,
      { collection: name },
    );
  }
}

/** Puts common table expressions before those of the query; they shadow tables of the same name. */
export function withExpressions(query: ReadQuery, expressions: readonly string[]): string {
  if (expressions.length === 0) return query.text;
  const list = expressions.join(', ');
  if (query.withEnd === null) return `WITH ${list} ${query.text}`;
  return `${query.text.slice(0, query.withEnd)} ${list},${query.text.slice(query.withEnd)}`;
}

/** How many rows a query answers with, as `rows`; a comment at its end stays one. */
export const counted = (sql: string): string => `SELECT count(*) AS rows FROM (${sql}\n) AS counted`;

/** Whether a text reads from a collection of ours; a text that is no query reads nothing. */
export function readsCollection(sql: string, name: string): boolean {
  try {
    return mentions(parseReadQuery(sql, 'sqlite'), name);
  } catch {
    return false;
  }
}
