import { invalidInput } from './errors';

/** Parameters of a URL, as they came: a text, or a list of those that were repeated. */
export type UrlParameters = Readonly<Record<string, unknown>>;

export interface ListParameters {
  /** Trimmed; '' = all. */
  readonly search: string;
  readonly sort: string | undefined;
  readonly order: 'asc' | 'desc';
  /** 0 to 1,000; 1,000 unless given. */
  readonly limit: number;
  readonly offset: number;
}

const MAX_LIMIT = 1_000;

/** `?search=&sort=&order=&limit=&offset=`. @throws {ModelManagementError} `INVALID_INPUT` naming the parameter */
export function listParameters(parameters: UrlParameters, defaultOrder: 'asc' | 'desc'): ListParameters {
  const order = textParameter(parameters, 'order') ?? defaultOrder;
  if (order !== 'asc' && order !== 'desc') {
    throw invalidInput('order', `order must be asc or desc, got "${order}".`, 'Give order=asc or order=desc.');
  }
  return {
    search: textParameter(parameters, 'search')?.trim() ?? '',
    sort: textParameter(parameters, 'sort'),
    order,
    limit: countParameter(parameters, 'limit', MAX_LIMIT, MAX_LIMIT),
    offset: countParameter(parameters, 'offset', 0),
  };
}

/** One that may be given once. @throws {ModelManagementError} `INVALID_INPUT` when it came twice */
export function textParameter(parameters: UrlParameters, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidInput(name, `${name} was given more than once.`, `Give ${name} once.`);
}

/** A whole number from 0 to `max`. @throws {ModelManagementError} `INVALID_INPUT` */
export function countParameter(
  parameters: UrlParameters,
  name: string,
  fallback: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = textParameter(parameters, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value <= max) return value;
  throw invalidInput(
    name,
    `${name} must be a whole number from 0 to ${max}, got "${text}".`,
    `Give a ${name} in that range.`,
  );
}
