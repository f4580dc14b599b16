import { addMisfits, MisfitError, type Misfits } from './misfits';
import { CREATED, ITEM_ID, isColumnName, nameKey } from './names';
import type { Column, ColumnType, Row } from './types';

/** Beside `item_id` and `created`. */
export const MAX_COLUMN_COUNT = 500;
const MAX_ITEM_ID_LENGTH = 64;

export type StoredValue = string | number | null;

/** Rows as they go into the table. */
export interface PreparedRows {
  /** Columns that the table does not have yet. */
  readonly added: readonly Column[];
  /** Values in the order of `item_id`, `created`, the table's columns, the added ones. */
  readonly values: readonly (readonly StoredValue[])[];
}

export interface RowDefaults {
  readonly newItemId: () => string;
  /** ISO 8601, UTC, milliseconds. */
  readonly created: string;
}

/**
 * Checks rows against the columns of a collection and turns their values into what is stored. One row that does not
 * fit refuses all of them, so that nothing is stored by half.
 *
 * @throws {ModelManagementError} `INVALID_INPUT` naming row and column
 */
export function prepareRows(
  rows: readonly unknown[],
  columns: readonly Column[],
  isFixed: boolean,
  defaults: RowDefaults,
): PreparedRows {
  const known = new Map(columns.map((column) => [nameKey(column.name), column]));
  const added: Column[] = [];
  for (const [index, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw refused(index, '', `is ${describe(row)}, not an object of column names and values`);
    }
    for (const [key, value] of Object.entries(row)) {
      if (known.has(nameKey(key)) || isOwn(key)) continue;
      const column = newColumn(index, key, value, isFixed);
      if (!column) continue;
      known.set(nameKey(key), column);
      added.push(column);
      if (known.size > MAX_COLUMN_COUNT)
        throw refused(index, key, `would be column ${known.size} of at most ${MAX_COLUMN_COUNT}`);
    }
  }
  const order = [...columns, ...added];
  return { added, values: rows.map((row, index) => valuesOf(row as Row, index, order, defaults)) };
}

/**
 * Those of the rows that fit, as `prepareRows` gives them, and what it says of the others. Mostly all do, and then they are
 * gone through once.
 */
export function prepareFittingRows(
  ...given: Parameters<typeof prepareRows>
): PreparedRows & { readonly misfits: Misfits | undefined } {
  try {
    return { ...prepareRows(...given), misfits: undefined };
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
  }
  const [rows, columns, isFixed, defaults] = given;
  const { fitting, misfits } = fittingRows(rows, columns, isFixed, defaults);
  return { ...prepareRows(fitting, columns, isFixed, defaults), misfits };
}

/**
 * The rows that `prepareRows` would take, and what it says of the others. One that is left out makes no column.
 */
export function fittingRows(
  rows: readonly unknown[],
  columns: readonly Column[],
  isFixed: boolean,
  defaults: RowDefaults,
): { readonly fitting: readonly unknown[]; readonly misfits: Misfits | undefined } {
  const fitting: unknown[] = [];
  let known = columns;
  let misfits: Misfits | undefined;
  for (const row of rows) {
    try {
      const { added } = prepareRows([row], known, isFixed, defaults);
      if (added.length > 0) known = [...known, ...added];
      fitting.push(row);
    } catch (error) {
      if (!(error instanceof MisfitError)) throw error;
      misfits = addMisfits(misfits, { count: 1, fault: error.fault, ...itemIdIn(row) });
    }
  }
  return { fitting, misfits };
}

function itemIdIn(row: unknown): Pick<Misfits, 'itemId'> {
  const itemId: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, ITEM_ID) : undefined;
  return typeof itemId === 'string' ? { itemId: itemId.slice(0, MAX_ITEM_ID_LENGTH) } : {};
}

const isOwn = (key: string): boolean => [ITEM_ID, CREATED].includes(nameKey(key));

function newColumn(index: number, key: string, value: unknown, isFixed: boolean): Column | undefined {
  if (isFixed) throw refused(index, key, 'is not a column of the collection');
  if (!isColumnName(key)) {
    throw refused(
      index,
      key,
      'cannot be a column: a name is letters, digits and "_", not first a digit, at most 63, and not rowid',
    );
  }
  // Nothing tells its type yet.
  if (value === null || value === undefined) return undefined;
  return { name: key, type: typeOf(value) };
}

function typeOf(value: unknown): ColumnType {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'string' || value instanceof Date ? 'text' : 'json';
}

function valuesOf(row: Row, index: number, columns: readonly Column[], defaults: RowDefaults): StoredValue[] {
  // Keys differ in case as they like, as names in SQL do.
  const byKey = new Map(Object.entries(row).map(([key, value]) => [nameKey(key), value]));
  return [
    itemIdOf(byKey.get(ITEM_ID), index) ?? defaults.newItemId(),
    createdOf(byKey.get(CREATED), index) ?? defaults.created,
    ...columns.map(({ name, type }) => storedValue(byKey.get(nameKey(name)), type, index, name)),
  ];
}

function itemIdOf(value: unknown, index: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_ITEM_ID_LENGTH) return value;
  throw refused(index, ITEM_ID, `is ${describe(value)}, not a text of 1 to ${MAX_ITEM_ID_LENGTH} characters`);
}

function createdOf(value: unknown, index: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const date = value instanceof Date || typeof value === 'string' || typeof value === 'number' ? new Date(value) : null;
  if (date && !Number.isNaN(date.getTime())) return date.toISOString();
  throw refused(index, CREATED, `is ${describe(value)}, not a time such as 2026-01-31T12:00:00Z`);
}

function storedValue(value: unknown, type: ColumnType, index: number, name: string): StoredValue {
  if (value === undefined || value === null) return null;
  const misfit = (): MisfitError =>
    refused(index, name, `is ${describe(value)}, and the column holds ${typeWords[type]}`);
  switch (type) {
    case 'text':
      if (value instanceof Date) return value.toISOString();
      if (typeof value === 'string') return value;
      throw misfit();
    case 'integer':
      if (Number.isSafeInteger(value)) return value as number;
      throw misfit();
    case 'number':
      if (Number.isFinite(value)) return value as number;
      throw misfit();
    case 'boolean':
      if (typeof value === 'boolean') return value ? 1 : 0;
      throw misfit();
    case 'json':
      return jsonText(value, index, name);
  }
}

function jsonText(value: unknown, index: number, name: string): string {
  const text = ArrayBuffer.isView(value) ? JSON.stringify(Array.from(value as Uint8Array)) : JSON.stringify(value);
  if (text === undefined) throw refused(index, name, `is ${describe(value)}, which is not JSON`);
  return text;
}

const typeWords: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'whole numbers',
  number: 'finite numbers',
  boolean: 'true or false',
  json: 'JSON',
};

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  return Array.isArray(value) ? 'a list' : `of the type ${typeof value}`;
}

const refused = (index: number, column: string, what: string): MisfitError => new MisfitError(index, column, what);

/** A text of a CSV file as the value of a column; an empty one is no value. @throws `INVALID_INPUT` */
export function valueOfText(text: string, type: ColumnType, index: number, name: string): unknown {
  if (text === '') return null;
  switch (type) {
    case 'text':
      return text;
    case 'integer':
    case 'number': {
      const value = Number(text);
      if (text.trim() !== '' && Number.isFinite(value)) return value;
      throw refused(
        index,
        name,
        `is the text ${JSON.stringify(text.slice(0, 40))}, and the column holds ${typeWords[type]}`,
      );
    }
    case 'boolean':
      if (/^(?:true|1)$/i.test(text)) return true;
      if (/^(?:false|0)$/i.test(text)) return false;
      throw refused(
        index,
        name,
        `is the text ${JSON.stringify(text.slice(0, 40))}, and the column holds ${typeWords[type]}`,
      );
    case 'json':
      try {
        return JSON.parse(text);
      } catch {
        throw refused(index, name, `is the text ${JSON.stringify(text.slice(0, 40))}, which is not JSON`);
      }
  }
}

/** What the texts of a column are, when nothing else says it. */
export function typeOfTexts(texts: readonly string[]): ColumnType {
  const given = texts.filter((text) => text !== '');
  if (given.length > 0 && given.every((text) => text.trim() !== '' && Number.isFinite(Number(text)))) return 'number';
  if (given.length > 0 && given.every((text) => /^(?:true|false)$/i.test(text))) return 'boolean';
  return 'text';
}
