import { ModelManagementError } from '../../errors';
import type { TensorInfo } from '../../registry/signature';
import { describeShape } from './shape';

const SHOWN_TEXT_LENGTH = 40;

/** `INVALID_INPUT` for a value an input cannot take: what was wanted, what came, where. */
export function refusal(info: TensorInfo, path: string, came: string, hint: string): ModelManagementError {
  const wanted = `${info.type} ${describeShape(info.shape)}`;
  return new ModelManagementError(
    'INVALID_INPUT',
    `input ${quote(info.name)} wants ${wanted}, but ${path} is ${came}`,
    hint,
    { details: { field: path, input: info.name, wanted: { type: info.type, shape: info.shape } } },
  );
}

/** Text in quotes, cut, with control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN_TEXT_LENGTH ? `${text.slice(0, SHOWN_TEXT_LENGTH)}…` : text);
}

/** Names in quotes, the first few of them. */
export function quoteAll(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 8).map(quote).join(', ');
  return all.length > 8 ? `${shown} and ${all.length - 8} more` : shown || 'none';
}

/** `payload[3][1]` */
export function indexPath(path: string, indices: readonly number[]): string {
  return path + indices.map((index) => `[${index}]`).join('');
}

/** `payload["x.1"]` or `payload.x` */
export function keyPath(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]{0,60}$/.test(key) ? `${path}.${key}` : `${path}[${quote(key)}]`;
}

/** What a value is, in words; runs no code of the value. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'string':
      return `the text ${quote(value)}`;
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return `the boolean ${value}`;
    case 'bigint':
      return `the bigint ${value.toString().slice(0, SHOWN_TEXT_LENGTH)}`;
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    default:
      if (Array.isArray(value)) return `an array of ${value.length}`;
      if (Buffer.isBuffer(value)) return `a Buffer of ${value.length} bytes`;
      return isRecord(value) ? describeRecord(value) : `a ${tag(value)}`;
  }
}

/** An object with keys of its own: no array, view, Date, Map, … and of whatever realm (Function nodes have their own). */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && tag(value) === 'Object';
}

/** The own property, never an inherited one: names are opaque and may be `__proto__` or `constructor`. */
export function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function describeRecord(value: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object with the keys ${quoteAll(keys)}`;
}

function tag(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
