import type { Signature, TensorInfo, Version } from '../contract';

type Sample = unknown;

const VALUE_OF: Readonly<Partial<Record<TensorInfo['type'], Sample>>> = { bool: false, string: '' };

/** Sizes a person can still read in the editor; larger inputs are cut and have to be pasted. */
const MAX_SAMPLE_COUNT = 1_000;

function zeros(type: TensorInfo['type'], dims: readonly number[]): Sample {
  const [size, ...rest] = dims;
  if (size === undefined) return VALUE_OF[type] ?? 0;
  return Array.from({ length: size }, () => zeros(type, rest));
}

function sampleOf({ type, shape }: TensorInfo): Sample {
  const dims = (shape ?? [1]).map((size) => (typeof size === 'number' ? size : 1));
  return dims.reduce((count, size) => count * size, 1) > MAX_SAMPLE_COUNT ? [] : zeros(type, dims);
}

/** One value per row, as exporters make of a table with names. */
function isColumn({ shape }: TensorInfo): boolean {
  const [rows, ...rest] = shape ?? [0];
  return (typeof rows !== 'number' || rows === 1) && rest.every((size) => size === 1);
}

/** A payload that fits: an object per row when the columns have names, else zeros in the shape of each input. */
export function samplePayload(signature: Signature, features: readonly string[] | undefined): Sample {
  const { inputs } = signature;
  const [first, ...others] = inputs;
  if (first && features && features.length > 0) {
    return [Object.fromEntries(features.map((feature) => [feature, zeros(first.type, [])]))];
  }
  if (first && others.length === 0) return sampleOf(first);
  const isTable = inputs.every(isColumn);
  return Object.fromEntries(inputs.map((info) => [info.name, isTable ? zeros(info.type, []) : sampleOf(info)]));
}

export function samplePayloadOf(version: Version, inputs: Signature, features?: readonly string[]): string {
  const payload = samplePayload(inputs, features && features.length > 0 ? features : version.features);
  return JSON.stringify(payload, null, 2);
}
