import { rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import Datastore from 'nedb-promises';
import { ModelManagementError } from '../errors';
import { errorCode, storageError, syncPath, withFile } from '../files';
import type { Log } from '../log';
import { compactionPath, cutFile, type DocumentFileContent, readDocumentFile } from './document-file';
import { frameLine, unframeLine } from './document-line';

export type Change =
  | { readonly kind: 'put'; readonly id: string; readonly stored: Readonly<Record<string, unknown>> }
  | { readonly kind: 'delete'; readonly id: string };

/** Below this a file is not worth rewriting while it is in use. */
const COMPACTION_LINE_COUNT = 1_000;
/** A file is rewritten when it has more than this many lines per document. */
const COMPACTION_LINES_PER_DOCUMENT = 4;

type Nedb = Datastore<{ _id: string }>;

/**
 * Writes one data file through nedb and closes what nedb leaves open: it appends without fsync, it changes its memory
 * before the disk, and it keeps what a failed append has left in the file. So the writer knows the length of the file
 * up to the last acknowledged line, fsyncs before it acknowledges, and after a failure cuts the file to that length
 * and gives up the nedb instance; the next write loads a new one. Loading is also nedb's compaction.
 *
 * Calls must not overlap.
 */
export class DocumentWriter {
  #nedb: Nedb | undefined;
  #sizeBytes: number;
  #lineCount: number;
  #documentCount: number;
  #appendedBytes = 0;
  #compactAtLineCount = COMPACTION_LINE_COUNT;
  /** Why the file on disk can no longer be trusted to end where we think; refuses every write until reopened. */
  #broken: unknown;

  constructor(
    private readonly path: string,
    content: DocumentFileContent,
    private readonly log: Log,
  ) {
    this.#sizeBytes = content.sizeBytes;
    this.#lineCount = content.lineCount;
    this.#documentCount = content.documents.size;
  }

  /** On a full disk the writer stays unloaded, and tries again at each write. */
  async open(): Promise<void> {
    try {
      await this.#loaded();
    } catch (error) {
      const failure = storageError(error, this.#doing('opening'));
      if (failure.code !== 'STORAGE_FULL') throw failure;
      this.log.warn('disk full, documents can be read and not written', { file: basename(this.path) });
    }
  }

  /** All of the changes become durable, or none. */
  async append(changes: readonly Change[]): Promise<void> {
    const nedb = await this.#loaded().catch((error: unknown) => {
      throw storageError(error, this.#doing('writing'));
    });
    try {
      this.#appendedBytes = 0;
      for (const change of changes) await apply(nedb, change);
      await this.#sync(this.#sizeBytes + this.#appendedBytes);
    } catch (error) {
      await this.#undo();
      throw storageError(error, this.#doing('writing'));
    }
    this.#sizeBytes += this.#appendedBytes;
    this.#lineCount += changes.length;
    this.#documentCount = await nedb.count({});
  }

  async compact(): Promise<void> {
    const previous = this.#nedb;
    this.#nedb = undefined;
    try {
      await this.#loaded();
    } catch (error) {
      // Old or new, the file is whole; but appends may go to it only once its name is durable.
      if (this.#broken === undefined && (await isFolderSynced(dirname(this.path)))) this.#nedb = previous;
      throw storageError(error, this.#doing('compacting'));
    }
  }

  async compactIfWorthwhile(): Promise<void> {
    if (this.#lineCount <= this.#compactAtLineCount) return;
    if (this.#lineCount <= COMPACTION_LINES_PER_DOCUMENT * this.#documentCount) return;
    try {
      await this.compact();
      this.#compactAtLineCount = COMPACTION_LINE_COUNT;
    } catch (error) {
      this.#compactAtLineCount = 2 * this.#lineCount;
      const { code, message } = storageError(error, this.#doing('compacting'));
      this.log.warn('compaction failed, the file stays in use as it is', { file: basename(this.path), code, message });
    }
  }

  async #loaded(): Promise<Nedb> {
    if (this.#broken !== undefined) throw this.#refusal();
    if (this.#nedb) return this.#nedb;
    const sizeBytes = await this.#measure();
    if (sizeBytes !== this.#sizeBytes) throw this.#break(this.#surprise(this.#sizeBytes, sizeBytes));
    const options = {
      filename: this.path,
      corruptAlertThreshold: 0,
      modes: { fileMode: 0o600, dirMode: 0o700 },
      afterSerialization: (json: string) => {
        const line = frameLine(json);
        this.#appendedBytes += line.length + 1;
        return line;
      },
      // Must not throw: nedb would leave the rejection unhandled. What is not JSON counts as corrupt, and it refuses.
      beforeDeserialization: (line: string) => {
        const unframed = unframeLine(Buffer.from(line, 'latin1'));
        return unframed.status === 'whole' ? unframed.json : '';
      },
    };
    const nedb = Datastore.create(options);
    try {
      await nedb.load();
    } catch (error) {
      await rm(compactionPath(this.path), { force: true }).catch(() => undefined);
      // The failure may have come before or after the rename: the file holds the same documents in both cases.
      this.#sizeBytes = await this.#measure();
      // nedb tells damage without the place, and as the only failure that is no system error.
      if (errorCode(error) === undefined) await readDocumentFile(this.path, this.log);
      throw error;
    }
    const documentCount = await nedb.count({});
    if (documentCount !== this.#documentCount) {
      throw this.#break(new Error(`${documentCount} documents were loaded instead of ${this.#documentCount}`));
    }
    this.#sizeBytes = await this.#measure();
    this.#lineCount = documentCount;
    this.#nedb = nedb;
    return nedb;
  }

  async #sync(expectedBytes: number): Promise<void> {
    await withFile(this.path, 'r+', async (handle) => {
      await handle.sync();
      const { size } = await handle.stat();
      if (size !== expectedBytes) throw this.#break(this.#surprise(expectedBytes, size));
    });
  }

  async #undo(): Promise<void> {
    this.#nedb = undefined;
    if (this.#broken !== undefined) return;
    try {
      const sizeBytes = await this.#measure();
      if (sizeBytes < this.#sizeBytes) throw this.#surprise(this.#sizeBytes, sizeBytes);
      await cutFile(this.path, this.#sizeBytes);
    } catch (error) {
      this.#broken = error;
    }
  }

  async #measure(): Promise<number> {
    return (await stat(this.path)).size;
  }

  #surprise(expectedBytes: number, foundBytes: number): Error {
    return new Error(`the file should be ${expectedBytes} bytes long and is ${foundBytes}`);
  }

  #break(cause: unknown): ModelManagementError {
    this.#broken = cause;
    return this.#refusal();
  }

  #refusal(): ModelManagementError {
    const reason = this.#broken instanceof Error ? this.#broken.message : String(this.#broken);
    return new ModelManagementError(
      'STORAGE_FAILED',
      `${basename(this.path)} takes no more writes: ${reason}`,
      'Check the disk and that nothing else changes the data folder, then restart Node-RED.',
      { cause: this.#broken },
    );
  }

  #doing(verb: string): string {
    return `${verb} ${basename(this.path)}`;
  }
}

async function apply(nedb: Nedb, change: Change): Promise<void> {
  if (change.kind === 'put') {
    await nedb.update({ _id: change.id }, change.stored, { upsert: true });
    return;
  }
  const removedCount = await nedb.remove({ _id: change.id }, {});
  if (removedCount !== 1) throw new Error(`"${change.id}" should be one document and is ${removedCount}`);
}

async function isFolderSynced(path: string): Promise<boolean> {
  try {
    await syncPath(path);
    return true;
  } catch {
    return false;
  }
}
