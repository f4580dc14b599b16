import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ModelManagementError } from '../../errors';
import { quoteName } from '../names';
import { counted, mentions, parseReadQuery, type ReadQuery, refuseQualified, withExpressions } from '../sql/read-query';
import { invalidQuery } from '../sql/tokens';
import type { DataFile, DataRequest, DataWindow, NewData, QueryCount, QueryRows } from '../types';
import { JsonArrayFile } from './json-array-file';
import { QueryAnswer } from './query-answer';
import { RowText } from './row-text';
import { queryError } from './sqlite-error';

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
  #window({ collection, from, maxRows }: NewData, lagMs: number): DataWindow {
    const found = this.#db.prepare('SELECT name, id, last_seq FROM mm_collections WHERE name = ?').get(collection) as
      | { readonly name: string; readonly id: string; readonly last_seq: number }
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
    const to = maxRows === undefined ? old : Math.min(old, this.#seqOfRow(found.name, start ?? 0, maxRows) ?? old);
    // With a lag that grew, nothing is new yet, and the mark stays where it was.
    return {
      collection: found.name,
      identity: found.id,
      from: start === null ? null : String(start),
      to: String(Math.max(to, start ?? 0)),
    };
  }

  /** Of the row that is the `count`th after another one; undefined = there are fewer. */
  #seqOfRow(name: string, after: number, count: number): number | undefined {
    const row = this.#db
      .prepare(`SELECT rowid AS seq FROM main.${quoteName(name)} WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ?`)
      .get(after, count - 1) as { readonly seq: number } | undefined;
    return row?.seq;
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
