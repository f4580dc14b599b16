import { showValue } from '../library/shown-value';

export interface CutText {
  readonly text: string;
  readonly isCut: boolean;
}

/** A value as JSON, or the beginning of it, at most `length` characters; costs no more than that, however large it is. */
export function cutJson(value: unknown, length: number): CutText {
  const budget = { left: length };
  const beginning = begin(value, budget, []);
  const { text = '', isCut } = showValue(beginning);
  return { text: ownCopy(text, length), isCut: isCut || budget.left < 0 || text.length > length };
}

/** Text or UTF-8 as it is, all else as JSON. @see cutJson */
export function cutPayload(value: unknown, length: number): CutText {
  if (typeof value === 'string') return { text: ownCopy(value, length), isCut: value.length > length };
  if (!Buffer.isBuffer(value)) return cutJson(value, length);
  // A character of UTF-8 has at most four bytes.
  const text = value.subarray(0, length * 4).toString('utf8');
  return { text: ownCopy(text, length), isCut: text.length > length || value.length > length * 4 };
}

/** The beginning of a text. V8 lets a part hold the whole: what is kept is copied. */
export function ownCopy(text: string, length: number): string {
  return text.length <= length ? text : Buffer.from(text.slice(0, length), 'utf16le').toString('utf16le');
}

/** As much of a value as can show in so many characters: each thing in it takes at least one. */
function begin(value: unknown, budget: { left: number }, holders: readonly object[]): unknown {
  budget.left -= 1;
  if (typeof value === 'string') {
    const shown = value.slice(0, Math.max(0, budget.left));
    budget.left -= value.length;
    return shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return beginOfList(value as never, budget, holders);
  if (holders.includes(value)) return '[Circular]';
  if (Array.isArray(value)) return beginOfList(value, budget, [...holders, value]);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  // Not assigned one by one: a key may be `__proto__`.
  const shown: [string, unknown][] = [];
  for (const key in value) {
    if (budget.left <= 0) {
      budget.left = -1;
      break;
    }
    budget.left -= key.length;
    shown.push([key, begin(Reflect.get(value, key), budget, [...holders, value])]);
  }
  return Object.fromEntries(shown);
}

function beginOfList(list: ArrayLike<unknown>, budget: { left: number }, holders: readonly object[]): unknown[] {
  const shown: unknown[] = [];
  for (let index = 0; index < list.length; index++) {
    if (budget.left <= 0) {
      budget.left = -1;
      break;
    }
    shown.push(begin(list[index], budget, holders));
  }
  return shown;
}
