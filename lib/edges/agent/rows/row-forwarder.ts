import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Collections, LOCAL_SOURCE } from '../../../collections';
import type { Digest } from '../../../ids';
import type { Log } from '../../../log';
import type { BlobStore, DocumentStore } from '../../../store';
import type { OfferedRows, RowsTakenCommand } from '../../protocol/row-documents';
import { wholeLines } from '../whole-lines';
import type { EdgeRowsDocument } from './edge-rows-document';

export interface RowForwarderDeps {
  readonly documents: DocumentStore<EdgeRowsDocument>;
  /** Of rows on their way only. */
  readonly blobs: BlobStore;
  readonly collections: Pick<Collections, 'export' | 'list' | 'onChange'>;
  readonly tempPath: string;
  /** Names of collections whose rows go to the hub; true = all. */
  readonly forward: true | readonly string[];
  readonly log: Log;
}

/** Collections at once: each is told of in the report. */
const MAX_OFFERS = 16;
/** Rows that nobody was told of, as those of before a start. */
const LOOK_MS = 60_000;
/** Between two batches of a collection: rows that trickle in go together. */
const BATCH_PAUSE_MS = 10_000;
/** Of a batch: a long backlog goes in parts. */
const BATCH = { maxRows: 10_000, maxBytes: 32 * 1_048_576 };

const COMMA = 44;
const END = Buffer.from('\n');
/** No row is that short. */
const isBracket = (line: Buffer): boolean => line.length === 1;

/**
 * Sends the rows of collections of this edge to the hub as well, however long that is away. What waits is the collection
 * itself, so its retention bounds it; a mark says how far it has been read, and one batch at a time is offered. A batch
 * that comes twice does no harm: rows are told apart by `item_id`.
 */
export class RowForwarder {
  #wake = (): void => undefined;
  #looking: Promise<void> = Promise.resolve();
  #isPlanned = false;
  #isStopped = true;
  #timer: NodeJS.Timeout | undefined;
  /** By collection: those of which a batch was offered a moment ago. */
  readonly #pauses = new Map<string, NodeJS.Timeout>();
  #unwatch = (): void => undefined;

  constructor(private readonly deps: RowForwarderDeps) {}

  /** @param wake - the report may have changed */
  start(wake: () => void): void {
    if (this.deps.forward !== true && this.deps.forward.length === 0) return;
    this.#isStopped = false;
    this.#wake = wake;
    this.#unwatch = this.deps.collections.onChange(() => this.look());
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unwatch();
    clearInterval(this.#timer);
    await this.#looking;
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    this.#pauses.clear();
  }

  /** Fields of a report. */
  reportable(): { readonly rows?: readonly OfferedRows[] } {
    const rows = this.deps.documents.all().flatMap(({ batch }) => (batch ? [batch.offered] : []));
    return rows.length > 0 ? { rows: rows.slice(0, MAX_OFFERS) } : {};
  }

  isOffered(digest: Digest): boolean {
    return this.deps.documents.all().some(({ batch }) => batch?.offered.digest === digest);
  }

  async taken({ collection, digest }: RowsTakenCommand): Promise<void> {
    const own = this.deps.documents.get(collection.toLowerCase());
    if (own?.batch?.offered.digest !== digest) return;
    await this.deps.documents.put({ ...own, mark: own.batch.next, batch: null });
    const isNamed = (other: Digest): boolean => this.isOffered(other);
    await this.deps.blobs.collectGarbage({ isNamed, dryRun: false, minAgeMs: Number.NEGATIVE_INFINITY });
    this.#wake();
    this.look();
  }

  look(): void {
    if (this.#isStopped || this.#isPlanned) return;
    this.#isPlanned = true;
    this.#looking = this.#looking.then(async () => {
      this.#isPlanned = false;
      try {
        await this.#lookAtAll();
      } catch (error) {
        this.deps.log.warn('rows not made ready for the hub', { error });
      }
    });
  }

  async #lookAtAll(): Promise<void> {
    const { forward, collections } = this.deps;
    const wanted = forward === true ? undefined : new Set(forward.map((name) => name.toLowerCase()));
    for (const { name } of await collections.list()) {
      if (this.#isStopped) return;
      if (wanted === undefined || wanted.has(name.toLowerCase())) await this.#offer(name);
    }
  }

  async #offer(collection: string): Promise<void> {
    const { documents, blobs, collections, tempPath } = this.deps;
    const key = collection.toLowerCase();
    const own = documents.get(key);
    if (own?.batch || this.#pauses.has(key)) return;
    const path = join(tempPath, `rows-${randomUUID()}.json`);
    try {
      const from = own?.mark ? { from: { collection, ...own.mark } } : {};
      const newData = [{ collection, ...from, first: BATCH }];
      const request = { query: `SELECT * FROM "${collection}"`, newData, lagMs: 0 };
      const { rows, windows } = await collections.export(LOCAL_SOURCE, request, path);
      const [window] = windows;
      if (rows === 0 || !window) return;
      const signal = new AbortController().signal;
      const lease = await blobs.put(linesOf(path), { maxBytes: Number.MAX_SAFE_INTEGER, signal });
      const { digest, sizeBytes } = lease;
      const next = { identity: window.identity, to: window.to };
      const batch = { offered: { collection, digest, sizeBytes, rows }, next };
      await documents.put({ _id: key, mark: own?.mark ?? null, batch }).finally(lease.release);
      this.#pause(key);
      this.#wake();
    } finally {
      await rm(path, { force: true });
    }
  }

  #pause(key: string): void {
    clearTimeout(this.#pauses.get(key));
    const end = (): void => {
      this.#pauses.delete(key);
      this.look();
    };
    this.#pauses.set(key, setTimeout(end, BATCH_PAUSE_MS).unref());
  }
}

/** The items of a JSON array that has one on each line, without what makes it an array. */
export async function* linesOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  for await (const line of wholeLines(path)) {
    const item = line.at(-1) === COMMA ? line.subarray(0, -1) : line;
    if (!isBracket(item)) yield Buffer.concat([item, END]);
  }
}
