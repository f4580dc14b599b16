import type { TensorType } from '../signature';

/** TensorProto.DataType. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const tensorTypeOf: Readonly<Record<number, TensorType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

/** Types of ONNX that the JavaScript binding of ONNX Runtime cannot pass in or out. */
const unsupportedTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

/** What an element type number means: a type we pass, one we cannot, or nothing. */
export function elementType(
  number: number,
): { readonly type: TensorType } | { readonly unsupported: string } | undefined {
  const type = tensorTypeOf[number];
  if (type) return { type };
  const unsupported = unsupportedTypes[number];
  return unsupported ? { unsupported } : undefined;
}
