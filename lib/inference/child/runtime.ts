import type { Dimension, TensorType } from '../../registry/signature';
import type { Tensor, Tensors } from '../tensor';

/** An input or output as the runtime tells it; `type` is null with a word for it when we cannot pass it. */
export type RuntimeValue =
  | { readonly name: string; readonly type: TensorType; readonly shape: readonly Dimension[] }
  | { readonly name: string; readonly type: null; readonly typeName: string };

/** One loaded ONNX file. */
export interface RuntimeSession {
  readonly inputs: readonly RuntimeValue[];
  readonly outputs: readonly RuntimeValue[];
  /** @throws what the runtime says of the tensors */
  run(feeds: Tensors, fetches: readonly string[]): Map<string, Tensor> | Promise<Map<string, Tensor>>;
}

/** What executes ONNX files inside an engine process. */
export interface InferenceRuntime {
  /** `onnxruntime-node 1.30.0`. */
  readonly version: string;
  open(modelPath: string, options: { readonly intraOpNumThreads: number }): Promise<RuntimeSession>;
}
