import type { TensorType } from '../../registry/signature';
import type { TensorData } from '../tensor';

/** How the elements of one tensor type lie in a frame. */
export interface WireType {
  readonly type: TensorType;
  readonly elementBytes: number;
  readonly view: (buffer: ArrayBuffer, offset: number, length: number) => TensorData;
}

// The position in this list is the type code: only ever append.
export const wireTypes: readonly WireType[] = [
  { type: 'float32', elementBytes: 4, view: (b, o, n) => new Float32Array(b, o, n) },
  { type: 'float64', elementBytes: 8, view: (b, o, n) => new Float64Array(b, o, n) },
  { type: 'float16', elementBytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  { type: 'int8', elementBytes: 1, view: (b, o, n) => new Int8Array(b, o, n) },
  { type: 'int16', elementBytes: 2, view: (b, o, n) => new Int16Array(b, o, n) },
  { type: 'int32', elementBytes: 4, view: (b, o, n) => new Int32Array(b, o, n) },
  { type: 'int64', elementBytes: 8, view: (b, o, n) => new BigInt64Array(b, o, n) },
  { type: 'uint8', elementBytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  { type: 'uint16', elementBytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  { type: 'uint32', elementBytes: 4, view: (b, o, n) => new Uint32Array(b, o, n) },
  { type: 'uint64', elementBytes: 8, view: (b, o, n) => new BigUint64Array(b, o, n) },
  { type: 'bool', elementBytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  { type: 'string', elementBytes: 0, view: () => [] },
];
export const typeCodes = new Map(wireTypes.map(({ type }, code) => [type, code]));

export const FRAME_KINDS = { requests: 1, answers: 2, batch: 3, results: 4 } as const;

/** Data begins at a multiple of 8 from the start of the payload, so that every typed array may view it in place. */
export function alignedOffset(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
