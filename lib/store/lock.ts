import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ModelManagementError } from '../errors';

export interface FolderLock {
  /** Frees the folder; twice is safe. */
  release(): void;
}

const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;
const LOCK_FILE = 'lock.sqlite';

/** A connection that nobody refers to would be collected, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this process, by `BEGIN EXCLUSIVE` on `lock.sqlite`: the kernel frees the lock when the process
 * ends in whatever way, and it holds between containers that share the folder, where process ids mean nothing.
 *
 * @throws {ModelManagementError} `DATA_DIR_LOCKED` while another process (or another part of this one) holds it
 */
export function lockFolder(folder: string): FolderLock {
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, LOCK_FILE));
    // Nothing is ever written, so no journal file: its first page would not fit on a full disk. (Node 24 forbids OFF.)
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw lockError(error);
  }
  const connection = database;
  held.add(connection);
  return {
    release: () => {
      if (held.delete(connection)) connection.close();
    },
  };
}

function lockError(error: unknown): ModelManagementError {
  const sqliteCode = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  if (sqliteCode === SQLITE_BUSY) {
    return new ModelManagementError(
      'DATA_DIR_LOCKED',
      'the data folder is in use by another Node-RED',
      'Stop the other Node-RED, or give this one a folder of its own: set modelManagement.dataDir in settings.js.',
      { cause: error },
    );
  }
  if (sqliteCode === SQLITE_NOTADB) {
    return new ModelManagementError(
      'STORAGE_CORRUPT',
      `${LOCK_FILE} is damaged`,
      `Stop every Node-RED that uses this data folder, delete ${LOCK_FILE} (it holds no data) and start again.`,
      { cause: error, details: { file: LOCK_FILE } },
    );
  }
  return new ModelManagementError(
    'STORAGE_FAILED',
    `locking the data folder failed: ${error instanceof Error ? error.message : String(error)}`,
    'Check that the folder exists and that the user Node-RED runs as may write to it.',
    { cause: error },
  );
}

/** Node 22 and 24 warn that node:sqlite is experimental; users of Node-RED can do nothing about it. Other warnings pass. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
