import { onnx } from 'onnx-proto';
import { buildModel, dataTypes, type ModelSpec } from './onnx-models';

/** `y` = sum of `n` ones: takes 4 · n bytes of memory while it runs. */
export function memoryModel(): ModelSpec {
  return {
    nodes: [
      { op: 'Expand', inputs: ['one', 'n'], outputs: ['ones'] },
      { op: 'ReduceSum', inputs: ['ones'], outputs: ['y'], attributes: { keepdims: 0 } },
    ],
    inputs: [{ name: 'n', type: 'int64', shape: [1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [] }],
    weights: [{ name: 'one', type: 'float32', dims: [1], values: [1] }],
  };
}

/** Folds a constant of `count` floats while it loads. */
export function memoryOnLoadModel(count: number): ModelSpec {
  return {
    nodes: [
      { op: 'Expand', inputs: ['one', 'count'], outputs: ['ones'] },
      { op: 'ReduceSum', inputs: ['ones'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Add', inputs: ['x', 'sum'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 4] }],
    weights: [
      { name: 'one', type: 'float32', dims: [1], values: [1] },
      { name: 'count', type: 'int64', dims: [1], values: [count] },
    ],
  };
}

function withOutputType(spec: ModelSpec, type: onnx.ITypeProto): Buffer {
  const model = onnx.ModelProto.decode(buildModel(spec));
  const output = model.graph?.output?.[0];
  if (output) output.type = type;
  return Buffer.from(onnx.ModelProto.encode(model).finish());
}

/** The output `labels` is a sequence, which is no tensor: what scikit-learn's ZipMap makes. */
export function sequenceModel(): Buffer {
  const elemType = { tensorType: { elemType: dataTypes.float32 } };
  return withOutputType(
    {
      nodes: [{ op: 'SequenceConstruct', inputs: ['x'], outputs: ['labels'] }],
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
      outputs: [{ name: 'labels', type: 'float32', shape: null }],
    },
    { sequenceType: { elemType } },
  );
}

const BFLOAT16 = 16;

/** The output `y` is bfloat16, which the JavaScript binding cannot pass on. */
export function bfloat16Model(): Buffer {
  return withOutputType(
    {
      nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: BFLOAT16 } }],
      inputs: [{ name: 'x', type: 'float32', shape: ['N'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N'] }],
    },
    { tensorType: { elemType: BFLOAT16 } },
  );
}
