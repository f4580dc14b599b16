import type { ModelSpec, NodeSpec } from './onnx-models';

const SIZE = 256;
const LAYER_COUNT = 118;

/** [64, 256] → [64, 256] by many products of matrices: about 90 ms on one thread of a small machine. */
export function slowModel(): ModelSpec {
  const layers = Array.from({ length: LAYER_COUNT }, (_, n): NodeSpec[] => [
    { op: 'MatMul', inputs: [n === 0 ? 'x' : `s${n - 1}`, 'w'], outputs: [`m${n}`] },
    { op: 'Tanh', inputs: [`m${n}`], outputs: [n === LAYER_COUNT - 1 ? 'y' : `s${n}`] },
  ]);
  return {
    nodes: layers.flat(),
    inputs: [{ name: 'x', type: 'float32', shape: [64, SIZE] }],
    outputs: [{ name: 'y', type: 'float32', shape: [64, SIZE] }],
    weights: [
      {
        name: 'w',
        type: 'float32',
        dims: [SIZE, SIZE],
        values: Array.from({ length: SIZE * SIZE }, (_, n) => Math.sin(n) / 16),
      },
    ],
  };
}
