import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ModelManagementError } from '../../errors';
import { CREATED, ITEM_ID, quoteName } from '../names';
import { counted, mentions, parseReadQuery, type ReadQuery, refuseQualified, withExpressions } from '../sql/read-query';
import { invalidQuery } from '../sql/tokens';
import type { Column, DataFile, DataRequest, DataWindow, NewData, QueryCount, QueryRows, RowBounds } from '../types';
import { JsonArrayFile } from './json-array-file';
import { QueryAnswer } from './query-answer';
import { RowText } from './row-text';
import { queryError } from './sqlite-error';
import type { StoredCollection } from './tables';

/** Reads the embedded tables; each question sees one state of them, whatever is inserted meanwhile. */
export class SqliteReader {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { readOnly: true });
    this.#db.exec('PRAGMA query_only = ON');
  }

  query(
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
    limits: { readonly limit: number; readonly maxBytes: number },
  ): QueryRows {
    const query = parseReadQuery(sql, 'sqlite', true);
    return this.#atOneState(() => {
      const { statement, texts } = this.#prepare(query.text);
      const answer = new QueryAnswer(texts.names, limits);
      for (const row of statement.iterate(bindable(parameters))) {
        if (!answer.add(texts.of(row as unknown as unknown[]))) break;
      }
      return answer.result();
    });
  }

  export(request: DataRequest, path: string, maxBytes: number): DataFile {
    const query = parseReadQuery(request.query, 'sqlite');
    return this.#atOneState(() => {
      const { sql, bound, windows } = this.#windowed(query, request);
      const { statement, texts } = this.#prepare(sql);
      const file = new JsonArrayFile(path, maxBytes);
      try {
        for (const row of statement.iterate(bound)) file.add(texts.of(row as unknown as unknown[]));
        return { ...file.finish(), windows };
      } finally {
        file.close();
      }
    });
  }

  count(request: DataRequest): QueryCount {
    const query = parseReadQuery(request.query, 'sqlite');
    return this.#atOneState(() => {
      const { sql, bound } = this.#windowed(query, request);
      const rowsOf = (text: string, values: Record<string, number>): number =>
        Number((this.#db.prepare(counted(text)).get(values) as { readonly rows: number }).rows);
      const rows = rowsOf(query.text, {});
      return { rows, newRows: request.newData.length === 0 ? rows : rowsOf(sql, bound) };
    });
  }

  close(): void {
    this.#db.close();
  }

  /** The query over what is new alone, with the values that bound it. */
  #windowed(
    query: ReadQuery,
    request: DataRequest,
  ): { readonly sql: string; readonly bound: Record<string, number>; readonly windows: readonly DataWindow[] } {
    const windows = request.newData.map((newData) => {
      const { collection } = newData;
      if (!mentions(query, collection)) throw notInQuery(collection);
      refuseQualified(query, ['main', 'temp'], collection);
      return this.#window(newData, request.lagMs);
    });
    const bound: Record<string, number> = {};
    const expressions = windows.map(({ collection, from, to }, index) => {
      bound[`mm_from_${index}`] = Number(from ?? 0);
      bound[`mm_to_${index}`] = Number(to);
      const name = quoteName(collection);
      return `${name} AS (SELECT * FROM main.${name} WHERE rowid > :mm_from_${index} AND rowid <= :mm_to_${index})`;
    });
    return { sql: withExpressions(query, expressions), bound, windows };
  }

  /** `from` is taken only when it is of this very table: another of its name has other numbers. */
  #window({ collection, from, first }: NewData, lagMs: number): DataWindow {
    const found = this.#db.prepare('SELECT * FROM mm_collections WHERE name = ?').get(collection) as
      | Pick<StoredCollection, 'name' | 'id' | 'last_seq' | 'columns'>
      | undefined;
    if (!found) {
      throw invalidQuery(
        `"New data only" names ${JSON.stringify(collection)}, and there is no such collection.`,
        'Create the collection, or correct the name.',
        { collection },
      );
    }
    const old = lagMs > 0 ? Math.max(this.#lastSeqBefore(found, lagMs), 0) : found.last_seq;
    const start = from && from.identity === found.id ? Number(from.to) : null;
    const to = first ? Math.min(old, this.#lastOfFirst(found, start ?? 0, first) ?? old) : old;
    // With a lag that grew, nothing is new yet, and the mark stays where it was.
    return {
      collection: found.name,
      identity: found.id,
      from: start === null ? null : String(start),
      to: String(Math.max(to, start ?? 0)),
    };
  }

  /** Of the rows after another one, the last that is within the bounds; undefined = all are. */
  #lastOfFirst(
    { name, columns }: Pick<StoredCollection, 'name' | 'columns'>,
    after: number,
    { maxRows, maxBytes }: RowBounds,
  ): number | undefined {
    const rows = this.#db
      .prepare(
        `SELECT rowid AS seq, ${rowBytes(JSON.parse(columns) as Column[])} AS bytes FROM main.${quoteName(name)} WHERE rowid > ? ORDER BY rowid`,
      )
      .iterate(after) as Iterable<{ readonly seq: number; readonly bytes: number }>;
    let count = 0;
    let bytes = 0;
    let last: number | undefined;
    for (const row of rows) {
      bytes += row.bytes;
      if (last !== undefined && (count >= maxRows || bytes > maxBytes)) return last;
      count += 1;
      last = row.seq;
    }
    return undefined;
  }

  /** All rows up to it are old enough. */
  #lastSeqBefore(
    { name, last_seq: last }: { readonly name: string; readonly last_seq: number },
    lagMs: number,
  ): number {
    const youngest = new Date(Date.now() - lagMs).toISOString();
    const first = this.#db
      .prepare(`SELECT min(rowid) AS seq FROM main.${quoteName(name)} WHERE created > ?`)
      .get(youngest) as { readonly seq: number | null };
    return first.seq === null ? last : first.seq - 1;
  }

  #prepare(sql: string): { readonly statement: StatementSync; readonly texts: RowText } {
    const statement = this.#db.prepare(sql);
    if (typeof statement.columns !== 'function') throw tooOld();
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return { statement, texts: new RowText(statement.columns().map(({ name, type }) => ({ name, type }))) };
  }

  #atOneState<T>(work: () => T): T {
    this.#db.exec('BEGIN');
    try {
      return work();
    } catch (error) {
      throw queryError(error);
    } finally {
      this.#db.exec('ROLLBACK');
    }
  }
}

/** An expression for the bytes that a row takes as JSON, within a few for each column. */
function rowBytes(columns: readonly Column[]): string {
  const all: readonly Column[] = [{ name: ITEM_ID, type: 'text' }, { name: CREATED, type: 'text' }, ...columns];
  // Quotes, colon and comma; and the words that no value and a boolean become.
  const frame = all.reduce((sum, { name }) => sum + Buffer.byteLength(name) + 4, 2);
  const values = all.map(({ name, type }) => {
    const value = quoteName(name);
    return `coalesce(octet_length(${type === 'text' ? `json_quote(${value})` : value}), 5)`;
  });
  return [frame, ...values].join(' + ');
}

function tooOld(): ModelManagementError {
  return new ModelManagementError(
    'COLLECTIONS_UNAVAILABLE',
    `Queries of collections need Node.js 22.16 or newer, this is ${process.versions.node}.`,
    'Update Node.js. Models and flows run without it.',
  );
}

export function notInQuery(collection: string): Error {
  return invalidQuery(
    `"New data only" names ${collection}, which the query does not read.`,
    `Read from ${collection} in the query, or take it out of "new data only".`,
    { collection },
  );
}

function bindable(parameters: Readonly<Record<string, unknown>>): Record<string, string | number | bigint | null> {
  const bound: Record<string, string | number | bigint | null> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'boolean') bound[name] = value ? 1 : 0;
    else if (value === undefined || value === null) bound[name] = null;
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') bound[name] = value;
    else if (value instanceof Date) bound[name] = value.toISOString();
    else bound[name] = JSON.stringify(value);
  }
  return bound;
}
