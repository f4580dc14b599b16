import { ModelManagementError } from '../../errors';
import { storageError } from '../../files';
import { invalidQuery } from '../sql/tokens';

const FULL = 13;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

const resultCode = (error: unknown): number | undefined => {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
};

/** Out of memory, disk, or order: SQLite may then have undone the whole transaction by itself. */
const BREAKS_TRANSACTION = new Set([5, 7, 10, CORRUPT, FULL, NOT_A_DATABASE]);

export const breaksTransaction = (error: unknown): boolean => BREAKS_TRANSACTION.has(resultCode(error) ?? 0);

/** A failure of SQLite while it writes, in our words. */
export function writeError(error: unknown): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  if (resultCode(error) === FULL) {
    return storageError(
      Object.assign(new Error('database or disk is full'), { code: 'ENOSPC' }),
      'writing collections.sqlite',
    );
  }
  if (resultCode(error) === CORRUPT || resultCode(error) === NOT_A_DATABASE) return corruptFile(error);
  return storageError(error, 'writing collections.sqlite');
}

/** A failure of SQLite while it reads: nearly always something the query says. */
export function queryError(error: unknown): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  if (resultCode(error) === CORRUPT || resultCode(error) === NOT_A_DATABASE) return corruptFile(error);
  const message = error instanceof Error ? error.message : String(error);
  return invalidQuery(
    `The query failed: ${message}.`,
    'Correct the query; the columns of a collection are listed beside it.',
  );
}

function corruptFile(cause: unknown): ModelManagementError {
  return new ModelManagementError(
    'STORAGE_CORRUPT',
    'collections.sqlite is damaged.',
    'Stop Node-RED and restore collections.sqlite from a backup.',
    { cause, details: { file: 'collections.sqlite' } },
  );
}
