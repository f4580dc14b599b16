import { invalidInput, ModelManagementError } from '../errors';
import { listParameters, type UrlParameters } from '../list-parameters';
import { CREATED, ITEM_ID, nameKey, quoteName } from './names';
import type { Collection, QueryRows, Row } from './types';

export interface RowPage {
  readonly items: readonly Row[];
  /** Of all that match, not only of this page. */
  readonly total: number;
  /** Where the next page begins: a page ends early when its rows are large. Null = there is none. */
  readonly nextOffset: number | null;
}

export interface RowQueries {
  readonly rowsQuery: string;
  /** Null = all rows of the collection, whose number is known. */
  readonly countQuery: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly limit: number;
  readonly offset: number;
}

/** The queries that give a page of a collection's rows. @throws {ModelManagementError} `INVALID_INPUT` naming the parameter */
export function rowQueries({ name, columns }: Pick<Collection, 'name' | 'columns'>, input: UrlParameters): RowQueries {
  const { search, sort, order, limit, offset } = listParameters(input, 'desc');
  const names = [ITEM_ID, CREATED, ...columns.map((column) => column.name)];
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
    offset,
  };
}

/** @throws {ModelManagementError} `DATA_TOO_LARGE` when not even the first row fits */
export function rowPage({ rows, truncated }: QueryRows, offset: number, total: number): RowPage {
  if (rows.length === 0 && truncated) {
    throw new ModelManagementError(
      'DATA_TOO_LARGE',
      `The row at ${offset} is larger than what is given at once.`,
      'Query the columns that are needed, or go on with the next offset.',
      { details: { offset } },
    );
  }
  const end = offset + rows.length;
  return { items: rows, total, nextOffset: rows.length > 0 && end < total ? end : null };
}
