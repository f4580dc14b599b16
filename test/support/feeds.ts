import type { Tensor, Tensors } from '../../lib/inference/tensor';

export function floats(dims: readonly number[], ...values: number[]): Tensor {
  return { type: 'float32', dims, data: Float32Array.from(values) };
}

/** Four features under the name `x`. */
export function row(...values: number[]): Tensors {
  return new Map([['x', floats([1, 4], ...values)]]);
}

/** Feeds of `loopModel`: about a million rounds take a second. */
export function rounds(count: number | bigint): Tensors {
  return new Map<string, Tensor>([
    ['n', { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(count)) }],
    ['x', floats([1], 7)],
  ]);
}

/** More rounds than anybody waits for. */
export const ENDLESS = 10n ** 15n;
