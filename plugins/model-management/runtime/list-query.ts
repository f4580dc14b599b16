import type { Request } from 'express';
import { invalidInput } from '../../../lib/errors';
import { listParameters } from '../../../lib/list-parameters';

export interface ListFields<T> {
  /** Fields a client may sort by; `metrics.*` stands for every key below it. */
  readonly sortable: readonly string[];
  /** The text `search` looks in, without regard to case. */
  readonly searchText: (item: T) => string;
}

export interface ListAnswer<T> {
  readonly items: readonly T[];
  /** Of all that match, not only of this page. */
  readonly total: number;
}

/** `metrics.accuracy`, `tags.a.b`: a key may hold dots itself, so everything after the first one is one key. */
function fieldOf(item: object, path: string): unknown {
  const dot = path.indexOf('.');
  if (dot < 0) return Reflect.get(item, path);
  const values: unknown = Reflect.get(item, path.slice(0, dot));
  const key = path.slice(dot + 1);
  return typeof values === 'object' && values !== null && Object.hasOwn(values, key)
    ? Reflect.get(values, key)
    : undefined;
}

/** Absent values come last in either order; lists and objects sort by what they hold. */
function compare(a: unknown, b: unknown, direction: 1 | -1): number {
  const [isAbsentA, isAbsentB] = [a === undefined || a === null, b === undefined || b === null];
  if (isAbsentA || isAbsentB) return Number(isAbsentA) - Number(isAbsentB);
  if (typeof a === 'number' && typeof b === 'number') return (a - b) * direction;
  const [textA, textB] = [a, b].map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return (textA ?? '').localeCompare(textB ?? '', 'en', { sensitivity: 'base', numeric: true }) * direction;
}

/**
 * Applies `?search=&sort=&order=&limit=&offset=` to a list. Without `sort` the list keeps its own order; `limit`
 * defaults to 1,000, which is also the most.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the parameter
 */
export function applyListQuery<T extends object>(
  request: Request,
  items: readonly T[],
  fields: ListFields<T>,
): ListAnswer<T> {
  const { search, sort, order, limit, offset } = listParameters(request.query, 'asc');
  const isKnown = (name: string): boolean =>
    fields.sortable.some((field) =>
      field.endsWith('.*') ? name.startsWith(field.slice(0, -1)) && name !== field.slice(0, -1) : field === name,
    );
  if (sort !== undefined && !isKnown(sort)) {
    throw invalidInput(
      'sort',
      `There is no field "${sort}" to sort by.`,
      `Sort by one of ${fields.sortable.join(', ')}.`,
    );
  }
  const sought = search.toLowerCase();
  const matching = sought ? items.filter((item) => fields.searchText(item).toLowerCase().includes(sought)) : [...items];
  const direction = order === 'asc' ? 1 : -1;
  if (sort !== undefined) matching.sort((a, b) => compare(fieldOf(a, sort), fieldOf(b, sort), direction));
  else if (order === 'desc') matching.reverse();
  return { items: matching.slice(offset, offset + limit), total: matching.length };
}
