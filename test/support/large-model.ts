import { onnx } from 'onnx-proto';
import { graphOf } from './onnx-models';
import { bytesHead } from './protobuf';
import { addZipMap } from './zip-map-models';

const CHUNK_BYTES = 1_048_576;

export interface LargeModel {
  readonly sizeBytes: number;
  /** The same bytes at every call, never in memory as a whole. */
  chunks(): AsyncGenerator<Buffer, void, undefined>;
}

/**
 * `y = x + w[0]`, float32 [N,4], where `w` holds `weightBytes` of zeros: as large as one likes, and quick to load.
 * @param classes - four of them: a ZipMap makes dictionaries `maps` of `y`
 */
export function largeModel(weightBytes: number, classes?: readonly string[]): LargeModel {
  const graphProto = graphOf({
    nodes: [
      { op: 'Gather', inputs: ['w', 'index'], outputs: ['c'] },
      { op: 'Add', inputs: ['x', 'c'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 4] }],
    weights: [{ name: 'index', type: 'int64', dims: [1], values: [0] }],
  });
  if (classes) addZipMap(graphProto, 'y', 'maps', classes);
  const graph = onnx.GraphProto.encode(graphProto).finish();
  const weight = onnx.TensorProto.encode({ name: 'w', dims: [weightBytes / 4], dataType: 1 }).finish();
  const rawHead = bytesHead(9, weightBytes);
  const weightSize = weight.length + rawHead.length + weightBytes;
  const weightHead = bytesHead(5, weightSize);
  const graphSize = graph.length + weightHead.length + weightSize;
  const outer = onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }] }).finish();
  const start = Buffer.concat([outer, bytesHead(7, graphSize), graph, weightHead, weight, rawHead]);
  return {
    sizeBytes: start.length + weightBytes,
    async *chunks() {
      yield start;
      const zeros = Buffer.alloc(CHUNK_BYTES);
      for (let left = weightBytes; left > 0; left -= CHUNK_BYTES) yield zeros.subarray(0, Math.min(left, CHUNK_BYTES));
    },
  };
}
