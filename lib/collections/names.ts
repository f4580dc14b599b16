import { invalidInput } from '../errors';

/** What a collection may be called: it is the name of its table in SQL. Compared without regard to case. */
export const COLLECTION_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
/** What a column may be called; the names SQLite gives to its row number, and thus to our insert sequence, are taken. */
const COLUMN_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const TAKEN_COLUMNS = new Set(['rowid', 'oid', '_rowid_']);
const RESERVED_PREFIX = /^(?:sqlite_|mm_|pragma_)/i;

/** Added to every row. */
export const ITEM_ID = 'item_id';
export const CREATED = 'created';

export const isCollectionName = (name: string): boolean => COLLECTION_NAME.test(name) && !RESERVED_PREFIX.test(name);
export const isColumnName = (name: string): boolean => COLUMN_NAME.test(name) && !TAKEN_COLUMNS.has(name.toLowerCase());

/** What a source may be called: not as the collections of this Node-RED, or of an edge. */
export const SOURCE_NAME = /^(?!(?:local|edge)$)[A-Za-z][\w-]{0,62}$/;

/** As SQLite compares names. */
export const nameKey = (name: string): string => name.toLowerCase();

/** @throws {ModelManagementError} `INVALID_INPUT` */
export function checkCollectionName(name: string): void {
  if (isCollectionName(name)) return;
  throw invalidInput(
    'name',
    `A collection's name begins with a letter, then up to 62 letters, digits or "_", and not with "sqlite_", "pragma_" or "mm_"; got ${JSON.stringify(name.slice(0, 80))}.`,
    'Choose such a name.',
  );
}

/** A name as SQL takes it whatever it holds. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
