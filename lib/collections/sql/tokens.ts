import { ModelManagementError } from '../../errors';

export type Dialect = 'sqlite' | 'postgres';

export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'sign';
  /** As written; of a quoted name what it says. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** `INVALID_QUERY`: what is wrong with a query, in words for its author. */
export function invalidQuery(
  message: string,
  hint: string,
  details: Record<string, unknown> = {},
): ModelManagementError {
  return new ModelManagementError('INVALID_QUERY', message, hint, { details: { field: 'query', ...details } });
}

const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:0[xX][0-9A-Fa-f]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const PARAMETER = /(?:\?\d*|[:@]\w+|\$\w+)/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff]\w*)?\$/y;
const CAST = /::/y;

/**
 * The tokens of a query, without space and comments. It only has to tell words, names and texts apart, so that nothing
 * hides in a text or comment; what they mean is the database's business.
 * @throws {ModelManagementError} `INVALID_QUERY` for a text, name or comment that does not end
 */
export function tokenize(sql: string, dialect: Dialect): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  const add = (kind: SqlToken['kind'], end: number, text = sql.slice(at, end)): void => {
    tokens.push({ kind, text, start: at, end });
    at = end;
  };
  while (at < sql.length) {
    const skipped = match(SPACE) ?? match(LINE_COMMENT);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (sql.startsWith('/*', at)) {
      at = commentEnd(sql, at, dialect);
      continue;
    }
    const sign = sql[at] ?? '';
    const word = match(WORD);
    if (word !== undefined) {
      const isEscapeText = dialect === 'postgres' && /^[eE]$/.test(word) && sql[at + 1] === "'";
      if (isEscapeText) add('string', textEnd(sql, at + 1, "'", true));
      else add('word', at + word.length);
    } else if (sign === "'") add('string', textEnd(sql, at, "'", false));
    else if (sign === '"') addName(textEnd(sql, at, '"', false), '""', '"');
    else if (dialect === 'sqlite' && sign === '`') addName(textEnd(sql, at, '`', false), '``', '`');
    else if (dialect === 'sqlite' && sign === '[') {
      const end = sql.indexOf(']', at);
      if (end < 0) throw unended('name in brackets');
      add('quoted', end + 1, sql.slice(at + 1, end));
    } else if (dialect === 'postgres' && match(DOLLAR_QUOTE) !== undefined) {
      const quote = match(DOLLAR_QUOTE) ?? '';
      const end = sql.indexOf(quote, at + quote.length);
      if (end < 0) throw unended('text in dollar quotes');
      add('string', end + quote.length);
    } else if (match(CAST) !== undefined) add('sign', at + 2);
    else if (match(NUMBER) !== undefined) add('number', at + (match(NUMBER) ?? '').length);
    else if (match(PARAMETER) !== undefined) add('parameter', at + (match(PARAMETER) ?? '').length);
    else add('sign', at + 1);
  }
  return tokens;

  function addName(end: number, doubled: string, single: string): void {
    add('quoted', end, sql.slice(at + 1, end - 1).replaceAll(doubled, single));
  }
}

function unended(what: string): ModelManagementError {
  return invalidQuery(`The query has a ${what} that does not end.`, 'Add what ends it.');
}

/** Behind the closing sign; a doubled one stands for itself. */
function textEnd(sql: string, start: number, quote: string, hasBackslash: boolean): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (hasBackslash && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  throw unended(quote === "'" ? 'text' : 'quoted name');
}

/** Comments nest in PostgreSQL, and end with the query in SQLite. */
function commentEnd(sql: string, start: number, dialect: Dialect): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*' && (depth === 0 || dialect === 'postgres')) depth += 1;
    else if (pair === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  throw unended('comment');
}
