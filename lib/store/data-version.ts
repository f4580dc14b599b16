import { cp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, toIso } from '../clock';
import { ModelManagementError } from '../errors';
import { ensureFolder, errorCode, namesIn, syncPath, TEMPORARY_SUFFIX, withFile, writeFileDurably } from '../files';
import type { Log } from '../log';

/** The form of the data this package writes. */
export const DATA_VERSION = 1;
const VERSION_FILE = 'dataVersion';
const BACKUPS = 'backups';

/** Brings data of version `from` to `from + 1`. A crash runs it again from the start, so it must bear that. */
export interface Migration {
  readonly from: number;
  migrate(folder: string): Promise<void>;
}

const MIGRATIONS: readonly Migration[] = [];

export interface DataVersionOptions {
  readonly folder: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Default {@link DATA_VERSION}. */
  readonly current?: number;
  /** Default: those of this package. */
  readonly migrations?: readonly Migration[];
}

/**
 * Sees to it that the folder holds data of the current version: marks a new folder, refuses newer data, and migrates
 * older data after a copy of `db/` was made in `backups/db-v<version>-<time>/`.
 *
 * @throws {ModelManagementError} `DATA_TOO_NEW`; `STORAGE_CORRUPT` when data are there whose version cannot be told
 */
export async function settleDataVersion(options: DataVersionOptions): Promise<void> {
  const { folder, log, clock, current = DATA_VERSION, migrations = MIGRATIONS } = options;
  const found = await readVersion(folder);
  if (found === undefined) return writeVersion(folder, current);
  if (found > current) {
    throw new ModelManagementError(
      'DATA_TOO_NEW',
      `the data folder was written by a newer version of this package (data version ${found}, known up to ${current})`,
      'Install that newer version again; or restore a copy from backups/ in the data folder.',
      { details: { found, known: current } },
    );
  }
  if (found === current) return;
  const backup = await copyDocuments(folder, `db-v${found}-${toIso(clock.now()).replace(/[:.]/g, '-')}`);
  for (let version = found; version < current; version += 1) {
    const migration = migrations.find(({ from }) => from === version);
    if (!migration) throw corruptVersion(`data version ${version} is older than any this package can migrate`);
    await migration.migrate(folder);
    await writeVersion(folder, version + 1);
  }
  log.info('data migrated', { from: found, to: current, backup });
}

async function readVersion(folder: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, VERSION_FILE), 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // The mark is written before the first document.
    if ((await namesIn(join(folder, 'db'))).length > 0) throw corruptVersion(`the file ${VERSION_FILE} is missing`);
    return undefined;
  }
  if (!/^[1-9][0-9]{0,8}\n?$/.test(text)) throw corruptVersion(`the file ${VERSION_FILE} does not hold a number`);
  return Number.parseInt(text, 10);
}

function writeVersion(folder: string, version: number): Promise<void> {
  return writeFileDurably(join(folder, VERSION_FILE), `${version}\n`);
}

function corruptVersion(message: string): ModelManagementError {
  return new ModelManagementError(
    'STORAGE_CORRUPT',
    message,
    `Restore ${VERSION_FILE} from a backup of the data folder; data last used by this version of the package have ${DATA_VERSION} in it.`,
    { details: { file: VERSION_FILE } },
  );
}

/** Copies under a temporary name first: what stands in `backups/` under its own name is whole. */
async function copyDocuments(folder: string, name: string): Promise<string> {
  const backups = join(folder, BACKUPS);
  await ensureFolder(backups);
  const temporary = join(backups, `${name}${TEMPORARY_SUFFIX}`);
  await rm(temporary, { recursive: true, force: true });
  await ensureFolder(temporary);
  for (const file of await namesIn(join(folder, 'db'))) {
    await cp(join(folder, 'db', file), join(temporary, file));
    await withFile(join(temporary, file), 'r+', (handle) => handle.sync());
  }
  await syncPath(temporary);
  await rename(temporary, join(backups, name));
  await syncPath(backups);
  return `${BACKUPS}/${name}`;
}
