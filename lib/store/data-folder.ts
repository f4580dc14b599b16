import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock';
import { ModelManagementError } from '../errors';
import { ensureFolder, errorCode, namesIn, storageError, syncPath, TEMPORARY_SUFFIX, writeFileDurably } from '../files';
import { newId } from '../ids';
import type { Log } from '../log';
import { settleDataVersion } from './data-version';
import { lockFolder } from './lock';

export interface DataFolderOptions {
  /** Made when it is not there. */
  readonly path: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** The data folder, held by this process alone until it is closed. All paths exist. */
export interface DataFolder {
  readonly path: string;
  /** A random UUID, made once with the folder: labels all that belongs to it outside (containers, volumes). */
  readonly instanceId: string;
  readonly dbPath: string;
  readonly blobsPath: string;
  /** On the same disk as the rest; emptied at every opening. */
  readonly tempPath: string;
  /** Readable by the user Node-RED runs as only. */
  readonly keysPath: string;
  readonly runsPath: string;
  /** Frees the folder for another process; twice is safe. Close the stores in it before. */
  close(): Promise<void>;
}

/**
 * Takes and prepares the data folder; on failure it is free again.
 *
 * @throws {ModelManagementError} `DATA_DIR_LOCKED`, `DATA_TOO_NEW`, `STORAGE_CORRUPT`, `STORAGE_FULL`, `STORAGE_FAILED`
 */
export async function openDataFolder({ path, log, clock }: DataFolderOptions): Promise<DataFolder> {
  await ensureFolder(path);
  const lock = lockFolder(path);
  try {
    await removeUnfinished(path);
    await settleDataVersion({ folder: path, log, clock });
    const folder = {
      path,
      instanceId: await settleInstanceId(join(path, 'instanceId')),
      dbPath: join(path, 'db'),
      blobsPath: join(path, 'blobs'),
      tempPath: join(path, 'temp'),
      keysPath: join(path, 'keys'),
      runsPath: join(path, 'runs'),
      close: async () => lock.release(),
    };
    for (const part of [folder.dbPath, folder.blobsPath, folder.tempPath, folder.keysPath, folder.runsPath]) {
      await ensureFolder(part);
    }
    await chmod(folder.keysPath, 0o700);
    // What was read above may have been written by a process that a crash kept from this.
    await syncPath(path);
    return folder;
  } catch (error) {
    lock.release();
    throw storageError(error, 'opening the data folder');
  }
}

/** Nobody else writes here while we hold the lock: what is unfinished now was left by a crash. */
async function removeUnfinished(path: string): Promise<void> {
  await rm(join(path, 'temp'), { recursive: true, force: true });
  for (const folder of [path, join(path, 'keys'), join(path, 'db'), join(path, 'backups')]) {
    for (const name of await namesIn(folder)) {
      if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function settleInstanceId(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const id = newId();
    await writeFileDurably(path, `${id}\n`);
    return id;
  }
  throw new ModelManagementError(
    'STORAGE_CORRUPT',
    'the file instanceId of the data folder does not hold a UUID',
    'Restore instanceId from a backup; or delete it, after which containers and volumes of earlier runs are no longer recognised.',
    { details: { file: 'instanceId' } },
  );
}
