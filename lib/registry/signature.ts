/** The ONNX tensor types ONNX Runtime can pass through its JavaScript binding, in its own words. */
export const tensorTypes = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
] as const;
export type TensorType = (typeof tensorTypes)[number];

/** A fixed size, the name of a symbolic one, or null for one the model does not name. */
export type Dimension = number | string | null;

/** One input or output. `name` is opaque text; `shape` is null when even the rank is unknown, `[]` is a scalar. */
export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly Dimension[] | null;
}

/** Inputs and outputs in the model's own order. */
export interface Signature {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}
