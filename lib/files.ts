import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelManagementError } from './errors';

/** Ends the name of every file that is still being written; what carries it after a crash is waste. */
export const TEMPORARY_SUFFIX = '.tmp';

/**
 * `STORAGE_FULL` when the disk or the quota is, else `STORAGE_FAILED`; an error of ours passes unchanged.
 *
 * @param what - what failed, as the start of a sentence without a path outside the data folder: `writing db/models.db`
 */
export function storageError(error: unknown, what: string): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ModelManagementError(
      'STORAGE_FULL',
      `${what} failed: no space left on the disk (${code})`,
      'Free space on the disk that holds the data folder, for example by deleting model versions, then try again.',
      { cause: error },
    );
  }
  return new ModelManagementError(
    'STORAGE_FAILED',
    `${what} failed: ${code ?? (error instanceof Error ? error.message : String(error))}`,
    'Check the disk that holds the data folder and the rights of the user Node-RED runs as, then try again.',
    { cause: error },
  );
}

/** The `code` of a system error (`ENOENT`), undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Replaces a file so that after return, and after a crash at any moment, it holds either the old bytes or all of the
 * new ones: unique temporary file beside it, fsync, rename, fsync of the folder. A failure leaves nothing behind.
 *
 * @param mode - rights of the file, default `0o600`
 * @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED`
 */
export async function writeFileDurably(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}${TEMPORARY_SUFFIX}`);
  try {
    await withFile(
      temporary,
      'wx',
      async (handle) => {
        await handle.writeFile(data);
        await handle.sync();
      },
      mode,
    );
    await rename(temporary, path);
    await syncPath(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(error, `writing ${basename(path)}`);
  }
}

/** Opens, uses and closes a file; the error of `use` wins over that of closing. */
export async function withFile<R>(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<R>,
  mode?: number,
): Promise<R> {
  const handle = await open(path, flags, mode);
  let result: R;
  try {
    result = await use(handle);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  await handle.close();
  return result;
}

/** The last bytes of a file as text, at most `maxBytes`; the rest of it is not read. */
export function readEnd(path: string, maxBytes: number): Promise<string> {
  return withFile(path, 'r', async (handle) => {
    const { size } = await handle.stat();
    const position = Math.max(0, size - maxBytes);
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(maxBytes), position });
    return buffer.toString('utf8', 0, bytesRead);
  });
}

/** What systems and file systems without such an fsync (Windows, some network mounts) answer. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EACCES']);

/** Makes what a file holds, or the names in a folder, durable, where the system can. */
export async function syncPath(path: string): Promise<void> {
  try {
    await withFile(path, 'r', (handle) => handle.sync());
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Makes a folder and its missing parents, durably; those that exist keep their rights.
 *
 * @param mode - rights of the folders made, default `0o700`
 * @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED` (also when a file stands in the way)
 */
export async function ensureFolder(path: string, mode = 0o700): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode });
    // One that was there may have been made by a process that a crash kept from this.
    if (first === undefined) return await syncPath(dirname(resolve(path)));
    // Every level from the deepest up to the parent of the first one made holds a new name.
    const last = dirname(resolve(first));
    for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
      await syncPath(folder);
      if (folder === last || folder === dirname(folder)) return;
    }
  } catch (error) {
    throw storageError(error, `making the folder ${basename(path)}`);
  }
}

/** The names in a folder; none when it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
