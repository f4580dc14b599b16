import { types } from 'node:util';
import type { TensorType } from '../../registry/signature';
import type { TensorData } from '../tensor';
import { float16ToNumber, numberToFloat16 } from './float16';

/** Plain JavaScript value of one element, as it stands in a message. */
export type ElementValue = number | string | boolean;

/** Data of one tensor while it is filled. */
export interface ElementSink {
  readonly data: TensorData;
  /** Stores `source` from `offset` on; returns the index in `source` of the first element refused, or -1. */
  put(source: ArrayLike<unknown>, offset: number): number;
}

/** How one tensor type takes and gives JavaScript values. Nothing is ever rounded, clipped or parsed unseen. */
export interface ElementType {
  /** 0 for text, which has no raw form. */
  readonly elementBytes: number;
  /** Zero or empty value, for examples. */
  readonly example: ElementValue;
  open(count: number): ElementSink;
  /** Why a value is refused, to follow "is …, "; only for values `put` refused. */
  refusal(value: unknown): string;
  /** Views raw bytes in the machine's order, without a copy; undefined when the type has no raw form. */
  view(bytes: ArrayBuffer): TensorData | undefined;
  /** Plain values, one per element. */
  values(data: TensorData): ElementValue[];
}

type NumberArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;
type BigArray = BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;
interface Storage<D> {
  new (count: number): D;
  new (bytes: ArrayBuffer): D;
  readonly BYTES_PER_ELEMENT: number;
}

/** A loop: `Array.from` walks by the iterator, and takes ten times as long. */
function plainValues(data: NumberArray, decode: (stored: number) => number): number[] {
  const values = new Array<number>(data.length);
  for (let n = 0; n < data.length; n += 1) values[n] = decode(data[n] ?? 0);
  return values;
}

function floats(
  storage: Storage<NumberArray>,
  name: string,
  isOwn: (value: unknown) => boolean,
  encode: (value: number) => number,
  decode: (stored: number) => number,
): ElementType {
  return {
    elementBytes: storage.BYTES_PER_ELEMENT,
    example: 0,
    open(count) {
      const data = new storage(count);
      return {
        data,
        put(source, offset) {
          if (isOwn(source)) {
            data.set(source as ArrayLike<number>, offset);
            return -1;
          }
          for (let i = 0; i < source.length; i += 1) {
            const value = source[i];
            if (typeof value !== 'number') return i;
            const stored = encode(value);
            if (Number.isFinite(value) && !Number.isFinite(decode(stored))) return i;
            data[offset + i] = stored;
          }
          return -1;
        },
      };
    },
    refusal: (value) => (typeof value === 'number' ? `too large for ${name}` : 'not a number'),
    view: (bytes) => new storage(bytes),
    values: (data) => plainValues(data as NumberArray, decode),
  };
}

function integers(
  storage: Storage<NumberArray>,
  name: string,
  min: number,
  max: number,
  isOwn: (value: unknown) => boolean,
): ElementType {
  return {
    elementBytes: storage.BYTES_PER_ELEMENT,
    example: 0,
    open(count) {
      const data = new storage(count);
      return {
        data,
        put(source, offset) {
          if (isOwn(source)) {
            data.set(source as ArrayLike<number>, offset);
            return -1;
          }
          for (let i = 0; i < source.length; i += 1) {
            const value = source[i];
            if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return i;
            data[offset + i] = value;
          }
          return -1;
        },
      };
    },
    refusal: (value) => wholeNumberRefusal(value, name, `${min}..${max}`),
    view: (bytes) => new storage(bytes),
    values: (data) => plainValues(data as NumberArray, same),
  };
}

function bigIntegers(
  storage: Storage<BigArray>,
  name: string,
  min: bigint,
  max: bigint,
  isOwn: (value: unknown) => boolean,
): ElementType {
  return {
    elementBytes: storage.BYTES_PER_ELEMENT,
    example: 0,
    open(count) {
      const data = new storage(count);
      return {
        data,
        put(source, offset) {
          if (isOwn(source)) {
            data.set(source as ArrayLike<bigint>, offset);
            return -1;
          }
          for (let i = 0; i < source.length; i += 1) {
            const value = exactBigInt(source[i]);
            if (value === undefined || value < min || value > max) return i;
            data[offset + i] = value;
          }
          return -1;
        },
      };
    },
    refusal(value) {
      if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return `not exact as a JavaScript number; send ${name} values beyond 2^53 as text`;
      }
      if (typeof value === 'string' && exactBigInt(value) === undefined) return 'not a whole number written in digits';
      if (exactBigInt(value) !== undefined) return `outside ${min}..${max} of ${name}`;
      return wholeNumberRefusal(value, name, `${min}..${max}`);
    },
    view: (bytes) => new storage(bytes),
    values(data) {
      const numbers = Array.from(data as BigArray, Number);
      // One kind for the whole tensor: a receiver should not meet numbers and text in one list.
      return numbers.every(Number.isSafeInteger) ? numbers : Array.from(data as BigArray, String);
    },
  };
}

/** Digits only, and few of them: `BigInt` of a text of megabytes takes minutes. */
const WHOLE_NUMBER_TEXT = /^-?\d{1,40}$/;

function exactBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' && WHOLE_NUMBER_TEXT.test(value) ? BigInt(value) : undefined;
}

function wholeNumberRefusal(value: unknown, name: string, range: string): string {
  if (typeof value !== 'number') return 'not a number';
  return Number.isInteger(value) ? `outside ${range} of ${name}` : 'not a whole number';
}

const booleans: ElementType = {
  elementBytes: 1,
  example: false,
  open(count) {
    const data = new Uint8Array(count);
    return {
      data,
      put(source, offset) {
        for (let i = 0; i < source.length; i += 1) {
          const value = source[i];
          if (value === true || value === 1) data[offset + i] = 1;
          else if (value !== false && value !== 0) return i;
        }
        return -1;
      },
    };
  },
  refusal: () => 'not true, false, 0 or 1',
  view: (bytes) => new Uint8Array(bytes),
  values: (data) => Array.from(data as Uint8Array, (stored) => stored !== 0),
};

/** What the runtime would change on its way, unseen. */
function textFault(text: string): string | undefined {
  if (!text.isWellFormed()) return 'not valid Unicode (half a surrogate pair)';
  return text.includes('\0') ? 'with a NUL character, where the runtime would cut it off' : undefined;
}

const texts: ElementType = {
  elementBytes: 0,
  example: '',
  open(count) {
    const data = new Array<string>(count);
    return {
      data,
      put(source, offset) {
        for (let i = 0; i < source.length; i += 1) {
          const value = source[i];
          if (typeof value !== 'string' || textFault(value) !== undefined) return i;
          data[offset + i] = value;
        }
        return -1;
      },
    };
  },
  refusal: (value) => (typeof value === 'string' ? (textFault(value) ?? 'refused') : 'not text'),
  view: () => undefined,
  values: (data) => Array.from(data as readonly string[]),
};

const isNever = (): boolean => false;
const same = (value: number): number => value;

/** One row per tensor type; the two directions of a type stand side by side. */
export const elementTypes: Readonly<Record<TensorType, ElementType>> = {
  float32: floats(Float32Array, 'float32', types.isFloat32Array, Math.fround, same),
  float64: floats(Float64Array, 'float64', types.isFloat64Array, same, same),
  // A bare Uint16Array may hold bits or numbers: it is refused before it comes here.
  float16: floats(Uint16Array, 'float16', isNever, numberToFloat16, float16ToNumber),
  int8: integers(Int8Array, 'int8', -128, 127, types.isInt8Array),
  int16: integers(Int16Array, 'int16', -32768, 32767, types.isInt16Array),
  int32: integers(Int32Array, 'int32', -(2 ** 31), 2 ** 31 - 1, types.isInt32Array),
  int64: bigIntegers(BigInt64Array, 'int64', -(2n ** 63n), 2n ** 63n - 1n, types.isBigInt64Array),
  uint8: integers(Uint8Array, 'uint8', 0, 255, types.isUint8Array),
  uint16: integers(Uint16Array, 'uint16', 0, 65535, types.isUint16Array),
  uint32: integers(Uint32Array, 'uint32', 0, 2 ** 32 - 1, types.isUint32Array),
  uint64: bigIntegers(BigUint64Array, 'uint64', 0n, 2n ** 64n - 1n, types.isBigUint64Array),
  bool: booleans,
  string: texts,
};
