import { join } from 'node:path';
import { invalidInput, ModelManagementError } from '../errors';
import { ensureFolder, storageError } from '../files';
import type { Log } from '../log';
import { corruptLine, readDocumentFile } from './document-file';
import { escapeKeys } from './document-line';
import { type Change, DocumentWriter } from './document-writer';

export interface DocumentStoreOptions<T> {
  /** Folder of the data files; the one of this store is `<name>.db`. */
  readonly path: string;
  readonly name: string;
  readonly log: Log;
  /** Proves a document: everything read from disk, and everything written as it would be read again. Throws on misfit. */
  readonly parse: (raw: unknown) => T;
}

/**
 * Documents of one kind, kept by `_id`. *Acknowledged means durable*: a write resolves after its bytes are fsynced
 * (writes of one tick share one fsync); a write that rejects has changed neither memory nor disk. Writes take effect
 * in the order of the calls. Documents are plain JSON and frozen; reads are from memory and see acknowledged writes only.
 */
export interface DocumentStore<T extends { readonly _id: string }> {
  /** The document, or undefined. */
  get(id: string): T | undefined;
  /** All documents in the order of their `_id`; the same array until the next write. */
  all(): readonly T[];
  /** @throws {ModelManagementError} `INVALID_INPUT` when the id is taken or the document does not fit; `STORAGE_FULL`, `STORAGE_FAILED` */
  insert(document: T): Promise<void>;
  /** Inserts or replaces. @throws as {@link DocumentStore.insert} */
  put(document: T): Promise<void>;
  /** True when there was one. @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED` */
  delete(id: string): Promise<boolean>;
  /**
   * Rewrites the file with one line per document; the store also does it by itself when most lines are history.
   * On failure the old file stays in use. @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED`
   */
  compact(): Promise<void>;
  /** Waits for the writes under way; later ones are refused, reads still answer. */
  close(): Promise<void>;
}

/**
 * Opens the store, reading all of its documents into memory. On a full disk it opens for reading, and takes writes
 * again once there is room for a copy of its file.
 *
 * @throws {ModelManagementError} `STORAGE_CORRUPT` naming file and line; `STORAGE_FAILED`
 */
export async function openDocumentStore<T extends { readonly _id: string }>(
  options: DocumentStoreOptions<T>,
): Promise<DocumentStore<T>> {
  const path = join(options.path, `${options.name}.db`);
  const log = options.log.child({ store: options.name });
  try {
    await ensureFolder(options.path);
    const content = await readDocumentFile(path, log);
    const documents = new Map<string, T>();
    for (const [id, { raw, lineNumber }] of content.documents) {
      try {
        documents.set(id, deepFreeze(options.parse(raw)));
      } catch (error) {
        throw corruptLine(path, lineNumber, `the document "${id}" does not fit: ${reasonOf(error)}`, error);
      }
    }
    const writer = new DocumentWriter(path, content, log);
    await writer.open();
    return new QueuedDocumentStore(options, documents, writer);
  } catch (error) {
    throw storageError(error, `opening ${options.name}.db`);
  }
}

type Task<T> =
  | { readonly kind: 'compact'; readonly done: Settle<void> }
  | { readonly kind: 'write'; readonly plan: Plan<T>; readonly done: Settle<boolean> };
/** What a write comes to once its predecessors are settled; undefined = nothing to do. Throws when it may not be. */
type Plan<T> = (current: (id: string) => T | undefined) => PlannedChange<T> | undefined;
interface PlannedChange<T> {
  readonly change: Change;
  readonly document: T | undefined;
}
interface Settle<R> {
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

class QueuedDocumentStore<T extends { readonly _id: string }> implements DocumentStore<T> {
  #queue: Task<T>[] = [];
  #work: Promise<void> | undefined;
  #sorted: readonly T[] | undefined;
  #isClosed = false;

  constructor(
    private readonly options: DocumentStoreOptions<T>,
    private readonly documents: Map<string, T>,
    private readonly writer: DocumentWriter,
  ) {}

  get(id: string): T | undefined {
    return this.documents.get(id);
  }

  all(): readonly T[] {
    this.#sorted ??= Object.freeze(
      [...this.documents.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, document]) => document),
    );
    return this.#sorted;
  }

  async insert(document: T): Promise<void> {
    const planned = this.#planPut(document);
    await this.#write((current) => {
      if (current(planned.change.id) === undefined) return planned;
      throw invalidInput('_id', `"${planned.change.id}" is already in ${this.options.name}.db`, 'Use another _id.');
    });
  }

  async put(document: T): Promise<void> {
    const planned = this.#planPut(document);
    await this.#write(() => planned);
  }

  delete(id: string): Promise<boolean> {
    return this.#write((current) =>
      current(id) === undefined ? undefined : { change: { kind: 'delete', id }, document: undefined },
    );
  }

  compact(): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ kind: 'compact', done: { resolve, reject } }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  /** The document as it will be read again, so that what cannot be read back is refused at the door. */
  #planPut(document: T): PlannedChange<T> {
    const id = document._id;
    // nedb drops a document without an _id at the next start, and loses this name in the prototype of its table.
    if (typeof id !== 'string' || id === '' || id === '__proto__') {
      throw invalidInput(
        '_id',
        `_id must be a text that is neither empty nor __proto__, got ${JSON.stringify(id)}`,
        'Use another _id.',
      );
    }
    const raw: object = JSON.parse(JSON.stringify(document));
    try {
      return { change: { kind: 'put', id, stored: escapeKeys(raw) }, document: deepFreeze(this.options.parse(raw)) };
    } catch (error) {
      throw new ModelManagementError(
        'INVALID_INPUT',
        `"${id}" does not fit into ${this.options.name}.db: ${reasonOf(error)}`,
        'Give a document that is plain JSON of the kind this store holds.',
        { cause: error },
      );
    }
  }

  #write(plan: Plan<T>): Promise<boolean> {
    return new Promise((resolve, reject) => this.#enqueue({ kind: 'write', plan, done: { resolve, reject } }));
  }

  #enqueue(task: Task<T>): void {
    if (this.#isClosed) {
      const message = `${this.options.name}.db is closed`;
      task.done.reject(
        new ModelManagementError('STORAGE_FAILED', message, 'Wait until the data folder is open again.'),
      );
      return;
    }
    this.#queue.push(task);
    this.#work ??= this.#drain();
  }

  /** Never rejects: every outcome goes to the caller whose task it is. */
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const writes: Extract<Task<T>, { kind: 'write' }>[] = [];
      for (let next = this.#queue[0]; next?.kind === 'write'; next = this.#queue[0]) {
        writes.push(next);
        this.#queue.shift();
      }
      if (writes.length > 0) await this.#commit(writes);
      const next = this.#queue[0];
      if (next?.kind === 'compact') {
        this.#queue.shift();
        await this.writer.compact().then(next.done.resolve, next.done.reject);
      }
    }
    this.#work = undefined;
  }

  async #commit(writes: readonly Extract<Task<T>, { kind: 'write' }>[]): Promise<void> {
    const staged = new Map<string, T | undefined>();
    const current = (id: string): T | undefined => (staged.has(id) ? staged.get(id) : this.documents.get(id));
    const changes: Change[] = [];
    const accepted: { readonly done: Settle<boolean>; readonly hasChanged: boolean }[] = [];
    for (const { plan, done } of writes) {
      try {
        const planned = plan(current);
        if (planned) {
          staged.set(planned.change.id, planned.document);
          changes.push(planned.change);
        }
        accepted.push({ done, hasChanged: planned !== undefined });
      } catch (error) {
        done.reject(error);
      }
    }
    try {
      if (changes.length > 0) await this.writer.append(changes);
    } catch (error) {
      for (const { done } of accepted) done.reject(error);
      return;
    }
    for (const [id, document] of staged) {
      if (document === undefined) this.documents.delete(id);
      else this.documents.set(id, document);
    }
    if (changes.length > 0) this.#sorted = undefined;
    for (const { done, hasChanged } of accepted) done.resolve(hasChanged);
    await this.writer.compactIfWorthwhile();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
