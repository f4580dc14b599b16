import { ModelManagementError } from '../../errors';
import type { TensorType } from '../../registry/signature';
import type { Tensor } from '../tensor';
import { type ElementValue, elementTypes } from './element-type';
import { elementCount } from './shape';

export type NestedValue = ElementValue | NestedValue[];

/** `{type, dims, data}` as it stands in a message: plain arrays only. */
export interface TensorLiteral {
  readonly type: TensorType;
  readonly dims: number[];
  readonly data: ElementValue[];
}

/** A tensor without elements can still ask for this many empty arrays, and no more. */
const MAX_EMPTY_ARRAYS = 1_000_000;

/** Nested arrays by `dims`; a scalar is the value itself. */
export function toNested({ type, dims, data }: Tensor): NestedValue {
  const values = elementTypes[type].values(data);
  const emptyAt = dims.indexOf(0);
  if (emptyAt > 0 && elementCount(dims.slice(0, emptyAt)) > MAX_EMPTY_ARRAYS) {
    throw new ModelManagementError(
      'INFERENCE_FAILED',
      `the result has the dims [${dims.join(', ')}]: more than ${MAX_EMPTY_ARRAYS} empty arrays`,
      'Choose the format "tensor" for it.',
    );
  }
  let level: NestedValue[] = values;
  for (let axis = dims.length - 1; axis > 0; axis -= 1) {
    level = grouped(level, dims[axis] ?? 0, elementCount(dims.slice(0, axis)));
  }
  return dims.length === 0 ? (values[0] ?? []) : level;
}

/** `{type, dims, data}` with `data` as plain values. */
export function toTensorLiteral({ type, dims, data }: Tensor): TensorLiteral {
  return { type, dims: [...dims], data: elementTypes[type].values(data) };
}

/** The tensor without its batch dimension of 1; unchanged where dim 0 turned out to be something else. */
export function withoutBatch(tensor: Tensor): Tensor {
  return tensor.dims[0] === 1 ? { ...tensor, dims: tensor.dims.slice(1) } : tensor;
}

function grouped(values: NestedValue[], size: number, count: number): NestedValue[] {
  if (count === 1) return [values];
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size));
}
