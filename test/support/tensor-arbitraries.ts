import fc from 'fast-check';
import type { Tensor, TensorData } from '../../lib/inference/tensor';
import { type TensorType, tensorTypes } from '../../lib/registry/signature';

const bigint64 = (): fc.Arbitrary<bigint> => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** So many elements of the type, any bits. */
function dataOf(type: TensorType, count: number): fc.Arbitrary<TensorData> {
  const size = { minLength: count, maxLength: count };
  const ints = (min: number, max: number): fc.Arbitrary<number[]> => fc.array(fc.integer({ min, max }), size);
  switch (type) {
    case 'float32':
      return fc.float32Array(size);
    case 'float64':
      return fc.float64Array(size);
    case 'float16':
    case 'uint16':
      return fc.uint16Array(size);
    case 'int8':
      return fc.int8Array(size);
    case 'int16':
      return fc.int16Array(size);
    case 'int32':
      return fc.int32Array(size);
    case 'uint8':
      return fc.uint8Array(size);
    case 'bool':
      return ints(0, 1).map((values) => Uint8Array.from(values));
    case 'uint32':
      return fc.uint32Array(size);
    case 'int64':
      return fc.array(bigint64(), size).map((values) => BigInt64Array.from(values));
    case 'uint64':
      return fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), size).map((values) => BigUint64Array.from(values));
    case 'string':
      return fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), size);
  }
}

/** Tensors of this type and shape. */
export function tensorOf(type: TensorType, dims: readonly number[]): fc.Arbitrary<Tensor> {
  const count = dims.reduce((product, size) => product * size, 1);
  return dataOf(type, count).map((data) => ({ type, dims, data }));
}

/** Tensors of every type, scalars and empty ones included. */
export function anyTensor(): fc.Arbitrary<Tensor> {
  return fc
    .tuple(fc.constantFrom(...tensorTypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }))
    .chain(([type, dims]) => tensorOf(type, dims));
}
