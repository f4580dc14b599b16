import { randomUUID } from 'node:crypto';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { ModelManagementError } from '../../errors';
import { CREATED, ITEM_ID, quoteName } from '../names';
import { prepareFittingRows, prepareRows } from '../rows';
import type { Collection, Column, InsertOptions, InsertResult, Retention, Row } from '../types';
import { uuid7 } from '../uuid7';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = OFF;
  CREATE TABLE IF NOT EXISTS mm_collections (
    name TEXT PRIMARY KEY COLLATE NOCASE, id TEXT NOT NULL, columns TEXT NOT NULL, fixed INTEGER NOT NULL,
    retention TEXT NOT NULL, created_at TEXT NOT NULL, last_insert_at TEXT, row_count INTEGER NOT NULL,
    last_seq INTEGER NOT NULL
  ) WITHOUT ROWID;`;

/** The declared type tells a reader how to give a value back; SQLite itself only takes its affinity from it. */
const declaredTypes = { text: 'TEXT', integer: 'INTEGER', number: 'REAL', boolean: 'BOOLEAN', json: 'JSON' } as const;

/** A row of `mm_collections`. */
export interface StoredCollection {
  readonly name: string;
  readonly id: string;
  readonly columns: string;
  readonly fixed: number;
  readonly retention: string;
  readonly created_at: string;
  readonly last_insert_at: string | null;
  readonly row_count: number;
  readonly last_seq: number;
}

/**
 * The embedded tables. A row's number in its table (`rowid`, which `SELECT *` does not show) is given by us from a
 * counter that never goes back, so it is the insert sequence that watermarks are read by. For that reason the file is
 * never vacuumed: it would number the rows anew.
 */
export class Tables {
  constructor(private readonly db: DatabaseSync) {}

  static open(path: string): Tables {
    const db = new DatabaseSync(path);
    db.exec(SCHEMA);
    return new Tables(db);
  }

  list(): readonly Collection[] {
    return (this.db.prepare('SELECT * FROM mm_collections ORDER BY name').all() as unknown as StoredCollection[]).map(
      toCollection,
    );
  }

  create(name: string, columns: readonly Column[] | undefined, retention: Retention, nowMs: number): Collection {
    const known = this.#find(name);
    if (known) {
      throw new ModelManagementError(
        'COLLECTION_EXISTS',
        `There is a collection named ${known.name} already.`,
        'Insert into it, or choose another name.',
      );
    }
    const definitions = (columns ?? []).map((column) => `, ${definition(column)}`).join('');
    const table = quoteName(name);
    this.db.exec(`CREATE TABLE ${table} (${ITEM_ID} TEXT NOT NULL, ${CREATED} TEXT NOT NULL${definitions})`);
    this.db.exec(`CREATE UNIQUE INDEX ${quoteName(`mm_${name}_item_id`)} ON ${table} (${ITEM_ID})`);
    this.db.exec(`CREATE INDEX ${quoteName(`mm_${name}_created`)} ON ${table} (${CREATED})`);
    this.db
      .prepare('INSERT INTO mm_collections VALUES (?, ?, ?, ?, ?, ?, NULL, 0, 0)')
      .run(
        name,
        randomUUID(),
        JSON.stringify(columns ?? []),
        columns ? 1 : 0,
        JSON.stringify(retention),
        new Date(nowMs).toISOString(),
      );
    return toCollection(this.#get(name));
  }

  update(name: string, retention: Retention, nowMs: number): Collection {
    this.#get(name);
    this.db.prepare('UPDATE mm_collections SET retention = ? WHERE name = ?').run(JSON.stringify(retention), name);
    this.#expire(this.#get(name), nowMs);
    return toCollection(this.#get(name));
  }

  remove(name: string): void {
    const { name: stored } = this.#get(name);
    this.db.exec(`DROP TABLE ${quoteName(stored)}`);
    this.db.prepare('DELETE FROM mm_collections WHERE name = ?').run(name);
  }

  /** @throws {ModelManagementError} `COLLECTION_NOT_FOUND`, `INVALID_INPUT`; then nothing of these rows is stored */
  insert(
    name: string,
    rows: readonly unknown[],
    { wantsRows = false, leavesOutMisfits = false }: InsertOptions,
    nowMs: number,
  ): InsertResult {
    const stored = this.#get(name);
    const { columns, isFixed } = toCollection(stored);
    const created = new Date(nowMs).toISOString();
    const defaults = { newItemId: () => uuid7(nowMs), created };
    const prepared = leavesOutMisfits
      ? prepareFittingRows(rows, columns, isFixed, defaults)
      : { ...prepareRows(rows, columns, isFixed, defaults), misfits: undefined };
    const all = [...columns, ...prepared.added];
    for (const column of prepared.added) {
      this.db.exec(`ALTER TABLE ${quoteName(stored.name)} ADD COLUMN ${definition(column)}`);
    }
    const names = ['rowid', ITEM_ID, CREATED, ...all.map((column) => quoteName(column.name))];
    const insert = this.db.prepare(
      `INSERT INTO ${quoteName(stored.name)} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT (${ITEM_ID}) DO NOTHING`,
    );
    let seq = stored.last_seq;
    let inserted = 0;
    const kept: Row[] = [];
    for (const values of prepared.values) {
      const { changes } = insert.run(seq + 1, ...(values as SQLInputValue[]));
      if (Number(changes) === 0) continue;
      seq += 1;
      inserted += 1;
      if (wantsRows) kept.push(givenRow(values, all));
    }
    this.db
      .prepare(
        'UPDATE mm_collections SET columns = ?, row_count = row_count + ?, last_seq = ?, last_insert_at = ? WHERE name = ?',
      )
      .run(JSON.stringify(all), inserted, seq, inserted > 0 ? created : stored.last_insert_at, name);
    this.#expire(this.#get(name), nowMs);
    return {
      inserted,
      duplicates: prepared.values.length - inserted,
      ...(wantsRows ? { rows: kept } : {}),
      ...(prepared.misfits ? { misfits: prepared.misfits } : {}),
    };
  }

  /** Removes what is too old by the retention of each collection. */
  expire(nowMs: number): void {
    for (const stored of this.db.prepare('SELECT * FROM mm_collections').all() as unknown as StoredCollection[]) {
      this.#expire(stored, nowMs);
    }
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    return this.#settle(work, 'COMMIT', 'ROLLBACK');
  }

  /** All or nothing, within a transaction. */
  part<T>(work: () => T): T {
    this.db.exec('SAVEPOINT part');
    return this.#settle(work, 'RELEASE part', 'ROLLBACK TO part; RELEASE part');
  }

  close(): void {
    this.db.close();
  }

  #settle<T>(work: () => T, keep: string, drop: string): T {
    let result: T;
    try {
      result = work();
      this.db.exec(keep);
    } catch (error) {
      try {
        this.db.exec(drop);
      } catch {
        // SQLite has rolled back by itself, as it does when the disk is full.
      }
      throw error;
    }
    return result;
  }

  #expire({ name, retention, row_count: rowCount }: StoredCollection, nowMs: number): void {
    const { maxRows, maxAgeMs } = JSON.parse(retention) as Retention;
    const table = quoteName(name);
    let removed = 0;
    if (maxAgeMs !== undefined) {
      const before = new Date(nowMs - maxAgeMs).toISOString();
      removed += Number(this.db.prepare(`DELETE FROM ${table} WHERE ${CREATED} < ?`).run(before).changes);
    }
    const excess = maxRows === undefined ? 0 : rowCount - removed - maxRows;
    if (excess > 0) {
      const oldest = `SELECT rowid FROM ${table} ORDER BY rowid LIMIT ?`;
      removed += Number(this.db.prepare(`DELETE FROM ${table} WHERE rowid IN (${oldest})`).run(excess).changes);
    }
    if (removed === 0) return;
    this.db.prepare('UPDATE mm_collections SET row_count = row_count - ? WHERE name = ?').run(removed, name);
  }

  #find(name: string): StoredCollection | undefined {
    const found = this.db.prepare('SELECT * FROM mm_collections WHERE name = ?').get(name);
    return found as StoredCollection | undefined;
  }

  #get(name: string): StoredCollection {
    const found = this.#find(name);
    if (found) return found;
    throw new ModelManagementError(
      'COLLECTION_NOT_FOUND',
      `There is no collection named ${JSON.stringify(name.slice(0, 80))}.`,
      'Create it, or correct the name.',
    );
  }
}

function definition({ name, type }: Column): string {
  return `${quoteName(name)} ${declaredTypes[type]}`;
}

function toCollection(stored: StoredCollection): Collection {
  return {
    id: stored.id,
    name: stored.name,
    columns: JSON.parse(stored.columns) as Column[],
    isFixed: stored.fixed === 1,
    retention: JSON.parse(stored.retention) as Retention,
    rowCount: stored.row_count,
    createdAt: stored.created_at,
    lastInsertAt: stored.last_insert_at,
  };
}

/** What a reader would give back. */
function givenRow(values: readonly unknown[], columns: readonly Column[]): Row {
  const row: Record<string, unknown> = { [ITEM_ID]: values[0], [CREATED]: values[1] };
  for (const [index, { name, type }] of columns.entries()) {
    const value = values[index + 2];
    if (value === null) row[name] = null;
    else if (type === 'boolean') row[name] = value === 1;
    else if (type === 'json') row[name] = JSON.parse(String(value));
    else row[name] = value;
  }
  return row;
}
