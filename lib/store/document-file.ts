import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ModelManagementError } from '../errors';
import { errorCode, withFile, writeFileDurably } from '../files';
import type { Log } from '../log';
import { isTornTail, unescapeKeys, unframeLine } from './document-line';

/** A document as it stands in a data file: not yet parsed. */
export interface StoredDocument {
  readonly raw: unknown;
  /** Counted from 1. */
  readonly lineNumber: number;
}

export interface DocumentFileContent {
  readonly documents: ReadonlyMap<string, StoredDocument>;
  readonly sizeBytes: number;
  readonly lineCount: number;
}

/** Where nedb writes a compacted file before it renames it over the data file. */
export function compactionPath(path: string): string {
  return `${path}~`;
}

/** `STORAGE_CORRUPT` naming file and line, with what to do. */
export function corruptLine(path: string, lineNumber: number, reason: string, cause?: unknown): ModelManagementError {
  const file = basename(path);
  return new ModelManagementError(
    'STORAGE_CORRUPT',
    `${file}, line ${lineNumber}, cannot be read: ${reason}`,
    `Stop Node-RED and restore ${file} from a backup; or, if what line ${lineNumber} says can be given up, delete that line.`,
    { details: { file, line: lineNumber }, ...(cause === undefined ? {} : { cause }) },
  );
}

/**
 * Reads a data file and proves every line; makes it (empty, durable) when it is not there. The beginning of a line
 * whose write was cut, at the very end, is removed and logged: it was never acknowledged. A compaction that a crash
 * cut short needs no care: the data file is whole until the rename, and the next compaction overwrites the copy.
 *
 * @throws {ModelManagementError} `STORAGE_CORRUPT` at the first line that is not as it was written
 */
export async function readDocumentFile(path: string, log: Log): Promise<DocumentFileContent> {
  await ensureFile(path);
  // Lines that a killed process has written and not acknowledged are read too, so they have to stay from now on.
  await withFile(path, 'r+', (handle) => handle.sync());
  const bytes = await readFile(path);
  const documents = new Map<string, StoredDocument>();
  let lineCount = 0;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lineCount += 1;
    replayLine(path, bytes.subarray(start, end), lineCount, documents);
    start = end + 1;
  }
  const tail = bytes.subarray(start);
  if (tail.length > 0) {
    if (!isTornTail(tail)) throw corruptLine(path, lineCount + 1, 'it has no line end');
    await cutFile(path, start);
    log.warn('torn last line cut, it was never acknowledged', { file: basename(path), cutBytes: tail.length });
  }
  return { documents, sizeBytes: start, lineCount };
}

/** Shortens a file to a length it had, durably. */
export async function cutFile(path: string, sizeBytes: number): Promise<void> {
  await withFile(path, 'r+', async (handle) => {
    await handle.truncate(sizeBytes);
    await handle.sync();
  });
}

async function ensureFile(path: string): Promise<void> {
  if (await exists(path)) return;
  if (await exists(compactionPath(path))) {
    // No crash of ours leaves this, and the copy may be cut at a line end: nobody can tell whether it is whole.
    const [file, copy] = [basename(path), basename(compactionPath(path))];
    throw new ModelManagementError(
      'STORAGE_CORRUPT',
      `${file} is missing, only the copy of an unfinished compaction is there`,
      `Stop Node-RED and restore ${file} from a backup; or, if ${copy} is known to be whole, rename it to ${file}.`,
      { details: { file } },
    );
  }
  await writeFileDurably(path, '');
}

function replayLine(path: string, line: Buffer, lineNumber: number, documents: Map<string, StoredDocument>): void {
  const unframed = unframeLine(line);
  if (unframed.status === 'damaged') throw corruptLine(path, lineNumber, unframed.reason);
  let record: unknown;
  try {
    record = JSON.parse(unframed.json);
  } catch (error) {
    throw corruptLine(path, lineNumber, 'it is not JSON', error);
  }
  if (typeof record !== 'object' || record === null || !('_id' in record) || typeof record._id !== 'string') {
    throw corruptLine(path, lineNumber, 'it is no document with an _id');
  }
  if ('$$deleted' in record) documents.delete(record._id);
  else documents.set(record._id, { raw: unescapeKeys(record), lineNumber });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
