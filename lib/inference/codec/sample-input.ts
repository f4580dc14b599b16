import type { Signature, TensorInfo } from '../../registry/signature';
import { type ElementValue, elementTypes } from './element-type';
import { namedValues } from './named-values';
import type { CodecOptions } from './options';
import { type NestedValue, toNested } from './output-value';
import { elementCount, isFixed, place } from './shape';

/**
 * An example payload for a model: zeros (or empty text, false) of the right shape, 1 for every size the model leaves
 * open; one object of features where they fit. `encode` takes it.
 */
export function sampleInput(signature: Signature, options: CodecOptions = {}): unknown {
  const { inputs } = signature;
  const [first] = inputs;
  if (!first) return {};
  if (inputs.length === 1) return sampleValue(first, options.features ?? []);
  return namedValues(inputs.map((info) => [info.name, sampleValue(info, [])]));
}

function sampleValue(info: TensorInfo, features: readonly string[]): NestedValue | Record<string, unknown> {
  const type = elementTypes[info.type];
  if (features.length > 0 && place([1, features.length], info.shape, false)) {
    return namedValues(features.map((feature) => [feature, type.example]));
  }
  const dims = info.shape === null ? [1] : info.shape.map((size) => (isFixed(size) ? size : 1));
  const sink = type.open(elementCount(dims));
  sink.put(new Array<ElementValue>(elementCount(dims)).fill(type.example), 0);
  return toNested({ type: info.type, dims, data: sink.data });
}
