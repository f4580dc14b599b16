import type { TensorType } from '../registry/signature';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

/**
 * Row-major; `dims` counts elements, no -1, `[]` is a scalar; `data.length` is the product of `dims`.
 * float16 travels as its bits in a Uint16Array, bool as 0/1 in a Uint8Array, string as an array of strings.
 */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** Tensors by the model's input or output names. A Map, because names are opaque text (`__proto__` is legal). */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Memory of its elements, about: texts by their length. */
export function tensorBytes({ data }: Tensor): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  let bytes = 0;
  for (const text of data) bytes += 4 + text.length;
  return bytes;
}
