import { existsSync } from 'node:fs';
import { ModelManagementError } from '../errors';
import type { Log } from '../log';
import { parseInput } from '../parse-input';
import { ServiceSlot } from '../service-slot';
import { CONNECT_TIMEOUT_MS, type Connection, type WriterCommand } from './child/protocol';
import { ChildLink } from './child-link';
import { CollectionPatch, NewCollection, QueryInput } from './input';
import { addMisfits, type Misfits } from './misfits';
import { checkCollectionName, nameKey } from './names';
import { ReaderPool } from './reader-pool';
import { type RowPage, rowPage, rowQueries } from './row-page';
import { csvRows, ndjsonRows, rowBatches } from './row-stream';
import { connectionOf, LOCAL_SOURCE, type SourceLookup } from './sources';
import type { Collection, DataFile, DataRequest, InsertOptions, InsertResult, QueryCount, QueryRows } from './types';
import { type CollectionUse, refuseInUse } from './usage';

export interface CollectionsDeps {
  /** The database file. */
  readonly path: string;
  readonly tempPath: string;
  /** Folder of the built entry points `writer-process.js` and `reader-process.js`. */
  readonly processFolder: string;
  readonly log: Log;
  readonly sources: SourceLookup;
  /** Who would miss a collection. */
  readonly usage: (name: string) => readonly CollectionUse[];
  readonly timeouts?: QueryTimeouts;
}

/** After so long a query is ended with its process, unless its source has more time. */
export interface QueryTimeouts {
  /** Of what somebody waits for: default 10 s. */
  readonly previewMs: number;
  /** Of the rows of a run: default 10 min. */
  readonly exportMs: number;
}

export interface CollectionChange {
  readonly name: string;
  readonly change: 'created' | 'updated' | 'deleted' | 'rows';
}

export interface CollectionView extends Collection {
  readonly usedBy: readonly CollectionUse[];
}

const DEFAULT_TIMEOUTS: QueryTimeouts = { previewMs: 10_000, exportMs: 10 * 60_000 };
const PREVIEW_BYTES = 8_388_608;
const MAX_DATA_BYTES = 16 * 1_073_741_824;
const ROWS_PAUSE_MS = 500;
const EXPIRE_INTERVAL_MS = 60_000;

/**
 * Tables of training rows, and queries over them and over other databases. Everything SQLite does happens in processes
 * of their own, so Node-RED's thread stays free whatever a query costs. An insert is acknowledged after it is on the
 * disk. The database is opened, and made, when it is first asked for: who has no collections has no process for them,
 * and one that is damaged keeps no model from answering.
 */
export class Collections {
  #writer: ChildLink<WriterCommand> | undefined;
  #opening: Promise<ChildLink<WriterCommand>> | undefined;
  readonly #readers: ReaderPool;
  readonly #listeners = new Set<(change: CollectionChange) => void>();
  /** Collections that got rows, and whose listeners are told soon. */
  readonly #growing = new Set<string>();
  readonly #expiry: NodeJS.Timeout;
  readonly #timeouts: QueryTimeouts;
  #isClosed = false;

  constructor(private readonly deps: CollectionsDeps) {
    this.#readers = new ReaderPool({ processPath: `${deps.processFolder}/reader-process.js`, tempPath: deps.tempPath });
    this.#timeouts = deps.timeouts ?? DEFAULT_TIMEOUTS;
    this.#expiry = setInterval(() => this.#expire(), EXPIRE_INTERVAL_MS).unref();
  }

  /** By name. @throws {ModelManagementError} `STORAGE_CORRUPT`, `STORAGE_FULL`, `STORAGE_FAILED`, as everything here does */
  async list(): Promise<readonly CollectionView[]> {
    const all = await this.#ask<readonly Collection[]>({ type: 'list' });
    return all.map((collection) => this.#view(collection));
  }

  /** @throws {ModelManagementError} `COLLECTION_NOT_FOUND` */
  async get(name: string): Promise<CollectionView> {
    const found = (await this.list()).find((collection) => nameKey(collection.name) === nameKey(name));
    if (found) return found;
    throw new ModelManagementError(
      'COLLECTION_NOT_FOUND',
      `There is no collection named ${JSON.stringify(name.slice(0, 80))}.`,
      'Create it, or correct the name.',
    );
  }

  /** @param input - `{name, columns?, retention?}`. @throws {ModelManagementError} `INVALID_INPUT`, `COLLECTION_EXISTS` */
  async create(input: unknown): Promise<CollectionView> {
    const { name, columns, retention } = parseInput(NewCollection, input);
    checkCollectionName(name);
    const made = await this.#ask<Collection>({ type: 'create', name, retention, ...(columns ? { columns } : {}) });
    this.#announce({ name: made.name, change: 'created' });
    return this.#view(made);
  }

  /** @param patch - `{retention}`. @throws {ModelManagementError} `INVALID_INPUT`, `COLLECTION_NOT_FOUND` */
  async update(name: string, patch: unknown): Promise<CollectionView> {
    const { retention } = parseInput(CollectionPatch, patch);
    const changed = await this.#ask<Collection>({ type: 'update', name, retention });
    this.#announce({ name: changed.name, change: 'updated' });
    return this.#view(changed);
  }

  /** @throws {ModelManagementError} `COLLECTION_NOT_FOUND`; `IN_USE` while a job names it */
  async remove(name: string): Promise<void> {
    const found = await this.get(name);
    refuseInUse(`The collection ${found.name}`, found.usedBy);
    await this.#ask<undefined>({ type: 'remove', name });
    this.#announce({ name: found.name, change: 'deleted' });
  }

  /**
   * Stores rows, all or none; each gets `item_id` and `created`, unless it brings them.
   * @throws {ModelManagementError} `COLLECTION_NOT_FOUND`, `INVALID_INPUT` naming row and column, `STORAGE_FULL`
   */
  async insert(name: string, rows: unknown, options: InsertOptions = {}): Promise<InsertResult> {
    const list: readonly unknown[] = Array.isArray(rows) ? rows : [rows];
    const result = await this.#ask<InsertResult>({ type: 'insert', name, rows: list, ...options });
    if (result.inserted > 0) this.#announceRows(name);
    return result;
  }

  /**
   * Stores rows of a stream, some hundred at a time, fewer when they are long: what came before a row that does not fit stays stored, and the error
   * says how many that are.
   * @throws as `insert`
   */
  async import(name: string, source: AsyncIterable<Buffer>, format: 'csv' | 'ndjson'): Promise<InsertResult> {
    const { columns } = await this.get(name);
    const rows = format === 'csv' ? csvRows(source, columns) : ndjsonRows(source);
    const total = { inserted: 0, duplicates: 0 };
    try {
      for await (const batch of rowBatches(rows)) {
        const { inserted, duplicates } = await this.insert(name, batch);
        total.inserted += inserted;
        total.duplicates += duplicates;
      }
    } catch (error) {
      if (!ModelManagementError.is(error) || total.inserted === 0) throw error;
      const message = `${error.message} ${total.inserted} rows before these were stored.`;
      throw new ModelManagementError(error.code, message, error.hint, {
        details: { ...error.details, ...total },
        cause: error,
      });
    }
    return total;
  }

  /**
   * Stores the rows of NDJSON that fit, as `import` does, and leaves out the others.
   * @throws {ModelManagementError} `COLLECTION_NOT_FOUND`, `STORAGE_FULL`; then some of them may be stored
   */
  async importFitting(name: string, source: AsyncIterable<Buffer>): Promise<InsertResult> {
    const total = { inserted: 0, duplicates: 0 };
    const left: { misfits?: Misfits | undefined } = {};
    const leaveOut = (more: Misfits | undefined): void => {
      left.misfits = addMisfits(left.misfits, more);
    };
    const rows = ndjsonRows(source, ({ message }) => leaveOut({ count: 1, fault: message }));
    for await (const batch of rowBatches(rows)) {
      const { inserted, duplicates, misfits } = await this.insert(name, batch, { leavesOutMisfits: true });
      total.inserted += inserted;
      total.duplicates += duplicates;
      leaveOut(misfits);
    }
    return { ...total, ...(left.misfits ? { misfits: left.misfits } : {}) };
  }

  /**
   * The beginning of what a query answers.
   * @param input - `{source?, query, limit?}`
   * @param parameters - values of `:name` in a query of our own collections
   * @throws {ModelManagementError} `INVALID_INPUT`, `INVALID_QUERY`, `QUERY_TIMEOUT`, `SOURCE_NOT_FOUND`, `SOURCE_UNAVAILABLE`
   */
  async query(
    input: unknown,
    parameters: Readonly<Record<string, unknown>> = {},
    signal?: AbortSignal,
  ): Promise<QueryRows> {
    const { source, query, limit } = parseInput(QueryInput, input);
    const { connection, timeoutMs } = await this.#connection(source, this.#timeouts.previewMs);
    const command = { type: 'query', connection, query, parameters, limit, maxBytes: PREVIEW_BYTES } as const;
    return this.#readers.ask<QueryRows>(command, timeoutMs, signal);
  }

  /**
   * Rows of a collection, newest first unless told otherwise; fewer than `limit` when they are more than 8 MiB.
   * @param input - `{search?, sort?, order?, limit?, offset?}` as texts
   * @throws {ModelManagementError} `COLLECTION_NOT_FOUND`, `INVALID_INPUT`; `DATA_TOO_LARGE` for one row that is
   */
  async rows(name: string, input: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<RowPage> {
    const collection = await this.get(name);
    const { rowsQuery, countQuery, parameters, limit, offset } = rowQueries(collection, input);
    const { connection, timeoutMs } = await this.#connection(LOCAL_SOURCE, this.#timeouts.previewMs);
    const ask = (query: string): Promise<QueryRows> => {
      const command = { type: 'query', connection, query, parameters, limit, maxBytes: PREVIEW_BYTES } as const;
      return this.#readers.ask<QueryRows>(command, timeoutMs, signal);
    };
    const found = limit === 0 ? { columns: [], rows: [], truncated: false } : await ask(rowsQuery);
    const count = countQuery === null ? undefined : (await ask(countQuery)).rows[0]?.['total'];
    return rowPage(found, offset, countQuery === null ? collection.rowCount : Number(count ?? collection.rowCount));
  }

  /**
   * Writes what a query answers to a file, as a JSON array of row objects, never holding more than a few rows.
   * @throws as `query`; `DATA_TOO_LARGE`, `STORAGE_FULL`
   */
  async export(source: string, request: DataRequest, path: string, signal?: AbortSignal): Promise<DataFile> {
    const { connection, timeoutMs } = await this.#connection(source, this.#timeouts.exportMs);
    const command = { type: 'export', connection, request, path, maxBytes: MAX_DATA_BYTES } as const;
    return this.#readers.ask<DataFile>(command, timeoutMs, signal);
  }

  /** How many rows a query answers with now, and how many of them are new. @throws as `query` */
  async count(source: string, request: DataRequest, signal?: AbortSignal): Promise<QueryCount> {
    const { connection, timeoutMs } = await this.#connection(source, this.#timeouts.previewMs);
    return this.#readers.ask<QueryCount>({ type: 'count', connection, request }, timeoutMs, signal);
  }

  /** @returns stops it */
  onChange(listener: (change: CollectionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#expiry);
    await this.#opening?.catch(() => undefined);
    await Promise.all([this.#readers.close(), this.#writer?.close()]);
  }

  #view(collection: Collection): CollectionView {
    return { ...collection, usedBy: this.deps.usage(collection.name) };
  }

  /** Where a query is run, and after how long it is ended whatever it does. */
  async #connection(
    source: string,
    usualMs: number,
  ): Promise<{ readonly connection: Connection; readonly timeoutMs: number }> {
    const connection = connectionOf(source, this.deps.sources, this.deps.path, usualMs);
    if (connection.kind === 'postgres') {
      // The server ends a statement first, and says so; this is for what it does not hear.
      return { connection, timeoutMs: Math.max(usualMs, connection.timeoutMs) + CONNECT_TIMEOUT_MS };
    }
    // Those that read never make the database.
    await this.#connected();
    return { connection, timeoutMs: usualMs };
  }

  #announce(change: CollectionChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** Rows may come a thousand times a second; nobody looks that often. */
  #announceRows(name: string): void {
    if (this.#growing.has(name)) return;
    this.#growing.add(name);
    setTimeout(() => {
      this.#growing.delete(name);
      this.#announce({ name, change: 'rows' });
    }, ROWS_PAUSE_MS).unref();
  }

  #expire(): void {
    if (!existsSync(this.deps.path)) return;
    this.#ask<undefined>({ type: 'expire' }).catch((error: unknown) => {
      this.deps.log.warn('old rows not removed', { error });
    });
  }

  async #ask<R>(command: WriterCommand): Promise<R> {
    const writer = await this.#connected();
    return writer.ask<R>(command);
  }

  /** The process that writes, started anew when it has ended. */
  #connected(): Promise<ChildLink<WriterCommand>> {
    if (this.#isClosed) {
      return Promise.reject(new ModelManagementError('STOPPED', 'Model Management has stopped.', 'Restart Node-RED.'));
    }
    if (this.#writer && !this.#writer.isGone) return Promise.resolve(this.#writer);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<ChildLink<WriterCommand>> {
    const { processFolder, tempPath, path } = this.deps;
    const writer = new ChildLink<WriterCommand>({ processPath: `${processFolder}/writer-process.js`, tempPath });
    try {
      await writer.ask({ type: 'open', path });
    } catch (error) {
      await writer.kill('was ended');
      throw error;
    }
    this.#writer = writer;
    return writer;
  }
}

/** Where nodes find the collections of this Node-RED. */
export const collectionsSlot = new ServiceSlot<Collections>();
