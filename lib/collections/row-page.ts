import { invalidInput } from '../errors';
import { listParameters, type UrlParameters } from '../list-parameters';
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
  };
}
