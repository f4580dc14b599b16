import type { Signature, TensorInfo } from '../../registry/signature';
import { isFixed } from '../codec/shape';
import { datatypes } from './datatypes';

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 = of any size; empty for a scalar, and where the model does not say its rank. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export function modelMetadata(
  name: string,
  versions: readonly string[],
  { inputs, outputs }: Signature,
): ModelMetadata {
  return { name, versions, platform: 'onnx_onnxv1', inputs: inputs.map(described), outputs: outputs.map(described) };
}

function described({ name, type, shape }: TensorInfo): TensorMetadata {
  return { name, datatype: datatypes[type], shape: (shape ?? []).map((size) => (isFixed(size) ? size : -1)) };
}
