import { inspect } from 'node:util';
import { withoutForeignFrames } from './faults';

/** Longer output is of no use on a screen. */
const maxOutputLength = 200_000;

export interface ShownValue {
  /** JSON text, or the beginning of it; absent for `undefined`. */
  readonly text?: string;
  readonly isCut: boolean;
  /** Something in it has no JSON: it stands there as text. */
  readonly isInexact: boolean;
}

/**
 * A value as JSON. What JSON has no word for stands as the text a console would print: NaN, 10n, dates, maps, errors,
 * undefined, and references to an object that holds it. Bytes and typed arrays become lists.
 */
export function showValue(value: unknown): ShownValue {
  if (value === undefined) return { isCut: false, isInexact: false };
  let isInexact = false;
  const inexact = (item: unknown): string => {
    isInexact = true;
    return withoutForeignFrames(inspect(item, { depth: 2 }), maxOutputLength);
  };
  const show = (item: unknown, holders: readonly object[]): unknown => {
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number') return Number.isFinite(item) && !Object.is(item, -0) ? item : inexact(item);
    if (typeof item !== 'object') return inexact(item);
    if (holders.includes(item)) return inexact('[Circular]');
    const within = [...holders, item];
    if (Array.isArray(item)) return item.map((entry) => show(entry, within));
    if (ArrayBuffer.isView(item) && !(item instanceof DataView))
      return Array.from(item as never, (entry) => show(entry, []));
    if (Object.getPrototypeOf(item) !== Object.prototype) return inexact(item);
    return Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, show(entry, within)]));
  };
  const text = JSON.stringify(show(value, []));
  return { text: text.slice(0, maxOutputLength), isCut: text.length > maxOutputLength, isInexact };
}
