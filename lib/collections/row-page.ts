import { invalidInput } from '../errors';
import { CREATED, ITEM_ID, nameKey, quoteName } from './names';
import type { Collection, Row } from './types';

export interface RowPage {
  readonly items: readonly Row[];
  /** Of all that match, not only of this page. */
  readonly total: number;
}

export interface RowQueries {
  readonly rowsQuery: string;
  /** Null = all rows of the collection, whose number is known. */
  readonly countQuery: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly limit: number;
}

const MAX_LIMIT = 1_000;

/** The queries that give a page of a collection's rows. @throws {ModelManagementError} `INVALID_INPUT` naming the parameter */
export function rowQueries(
  { name, columns }: Pick<Collection, 'name' | 'columns'>,
  input: Readonly<Record<string, unknown>>,
): RowQueries {
  const search = textOf(input, 'search')?.trim() ?? '';
  const order = textOf(input, 'order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') {
    throw invalidInput('order', `order must be asc or desc, got "${order}".`, 'Give order=asc or order=desc.');
  }
  const limit = countOf(input, 'limit', MAX_LIMIT, MAX_LIMIT);
  const offset = countOf(input, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const names = [ITEM_ID, CREATED, ...columns.map((column) => column.name)];
  const sort = textOf(input, 'sort');
  const sorted = sort === undefined ? 'rowid' : names.find((known) => nameKey(known) === nameKey(sort));
  if (sorted === undefined) {
    throw invalidInput('sort', `There is no column "${sort}" to sort by.`, `Sort by one of ${names.join(', ')}.`);
  }
  const matches = names.map((column) => `CAST(${quoteName(column)} AS TEXT) LIKE :search ESCAPE '!'`);
  const where = search === '' ? '' : ` WHERE ${matches.join(' OR ')}`;
  const table = quoteName(name);
  const by =
    sort === undefined ? `rowid ${order}` : `${quoteName(sorted)} IS NULL, ${quoteName(sorted)} ${order}, rowid`;
  return {
    rowsQuery: `SELECT * FROM ${table}${where} ORDER BY ${by} LIMIT ${limit} OFFSET ${offset}`,
    countQuery: search === '' ? null : `SELECT count(*) AS total FROM ${table}${where}`,
    parameters: search === '' ? {} : { search: `%${search.replace(/[!%_]/g, '!$&')}%` },
    limit,
  };
}

function textOf(input: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidInput(name, `${name} was given more than once.`, `Give ${name} once.`);
}

function countOf(input: Readonly<Record<string, unknown>>, name: string, fallback: number, max: number): number {
  const text = textOf(input, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value <= max) return value;
  throw invalidInput(
    name,
    `${name} must be a whole number from 0 to ${max}, got "${text}".`,
    `Give a ${name} in that range.`,
  );
}
