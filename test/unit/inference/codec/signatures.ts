import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../../lib/errors';
import { type CodecOptions, createCodec } from '../../../../lib/inference/codec';
import type { Tensor, Tensors } from '../../../../lib/inference/tensor';
import type { Dimension, Signature, TensorInfo, TensorType } from '../../../../lib/registry/signature';

type Shape = readonly Dimension[] | null;

export function aValue(name: string, type: TensorType, shape: Shape): TensorInfo {
  return { name, type, shape };
}

/** One input `x`, one output `y` of the same batch dimension. */
export function aSignature(type: TensorType = 'float32', shape: Shape = ['N', 4]): Signature {
  const rows = shape === null || shape.length === 0 ? [] : [shape[0] ?? null, 3];
  return { inputs: [aValue('x', type, shape)], outputs: [aValue('y', 'float32', rows)] };
}

/** `[]` as the only output: nothing is a batch. */
export function anUnbatchedSignature(type: TensorType, shape: Shape): Signature {
  return { inputs: [aValue('x', type, shape)], outputs: [aValue('y', 'float32', [])] };
}

/** Data of one tensor as plain values. */
export function dataOf(tensors: Tensors, name: string): readonly unknown[] {
  const tensor = tensors.get(name);
  assert.ok(tensor, `no tensor ${name}`);
  return Array.from<unknown>(tensor.data);
}

/** The tensor of the input `x`, its data as plain values. */
export function encodeX(
  signature: Signature,
  value: unknown,
  options: CodecOptions = {},
): { readonly dims: readonly number[]; readonly data: readonly unknown[]; readonly isSample: boolean } {
  const { feeds, isSample } = createCodec(signature, options).encode(value);
  const tensor = feeds.get('x');
  assert.ok(tensor);
  return { dims: tensor.dims, data: dataOf(feeds, 'x'), isSample };
}

/** Asserts `INVALID_INPUT` with a hint and a message that fits; returns the error. */
export function assertRefused(act: () => unknown, message: RegExp | string): ModelManagementError {
  try {
    act();
  } catch (error) {
    assert.ok(ModelManagementError.is(error), String(error));
    assert.equal(error.code, 'INVALID_INPUT');
    if (typeof message === 'string') assert.ok(error.message.includes(message), error.message);
    else assert.match(error.message, message);
    assert.ok(error.hint.length > 0);
    return error;
  }
  return assert.fail(`accepted, but should have been refused with ${message}`);
}

export function aTensor(type: TensorType, dims: readonly number[], data: Tensor['data']): Tensor {
  return { type, dims, data };
}
