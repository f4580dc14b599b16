import { writeFile } from 'node:fs/promises';
import { onnx } from 'onnx-proto';
import type { Dimension, TensorType } from '../../lib/registry/signature';

/** ONNX TensorProto.DataType by our names (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export const dataTypes: Record<TensorType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly graph: onnx.IGraphProto };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers are ints, `{ float }` floats; lists hold ints or texts. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

export interface ValueSpec {
  readonly name: string;
  readonly type: TensorType;
  /** null = unknown rank. */
  readonly shape: readonly Dimension[] | null;
}

export interface WeightSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly weights?: readonly WeightSpec[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly opset?: number;
  readonly irVersion?: number;
  readonly producer?: string;
}

function attributeOf(name: string, value: Attribute): onnx.IAttributeProto {
  const Type = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { name, i: value, type: Type.INT };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: Type.STRING };
  if (isTexts(value)) return { name, strings: value.map((text) => Buffer.from(text)), type: Type.STRINGS };
  if (Array.isArray(value)) return { name, ints: [...value], type: Type.INTS };
  if ('float' in value) return { name, f: value.float, type: Type.FLOAT };
  if ('graph' in value) return { name, g: value.graph, type: Type.GRAPH };
  throw new TypeError(`no attribute form for ${name}`);
}

function isTexts(value: Attribute): value is readonly string[] {
  return Array.isArray(value) && typeof value[0] === 'string';
}

function valueInfoOf({ name, type, shape }: ValueSpec): onnx.IValueInfoProto {
  const dim = shape?.map((size) =>
    typeof size === 'number' ? { dimValue: size } : size === null ? {} : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: dataTypes[type], ...(dim ? { shape: { dim } } : {}) } } };
}

function weightOf({ name, type, dims, values }: WeightSpec): onnx.ITensorProto {
  const base = { name, dims: [...dims], dataType: dataTypes[type] };
  if (type === 'float32') return { ...base, floatData: [...values] };
  if (type === 'int64') return { ...base, int64Data: [...values] };
  if (type === 'float64') return { ...base, doubleData: [...values] };
  return { ...base, int32Data: [...values] };
}

/** The graph alone: for the bodies of Loop and If. */
export function graphOf(spec: ModelSpec, name = 'graph'): onnx.IGraphProto {
  return {
    name,
    node: spec.nodes.map(({ op, inputs, outputs, attributes, domain }, index) => ({
      name: `${op}_${index}`,
      opType: op,
      input: [...inputs],
      output: [...outputs],
      ...(domain ? { domain } : {}),
      attribute: Object.entries(attributes ?? {}).map(([key, value]) => attributeOf(key, value)),
    })),
    input: spec.inputs.map(valueInfoOf),
    output: spec.outputs.map(valueInfoOf),
    initializer: (spec.weights ?? []).map(weightOf),
  };
}

/** A serialised ONNX model; opset 13, IR version 8 unless said otherwise. */
export function buildModel(spec: ModelSpec): Buffer {
  const model = onnx.ModelProto.create({
    irVersion: spec.irVersion ?? 8,
    producerName: spec.producer ?? 'test',
    opsetImport: [{ domain: '', version: spec.opset ?? 13 }],
    graph: graphOf(spec),
    metadataProps: Object.entries(spec.metadata ?? {}).map(([key, value]) => ({ key, value })),
  });
  return Buffer.from(onnx.ModelProto.encode(model).finish());
}

export async function writeModel(path: string, spec: ModelSpec): Promise<string> {
  await writeFile(path, buildModel(spec));
  return path;
}

/** `y = x`, any type and shape. */
export function identityModel(type: TensorType = 'float32', shape: readonly Dimension[] | null = ['N', 4]): ModelSpec {
  return {
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', type, shape }],
    outputs: [{ name: 'y', type, shape }],
  };
}

/** `y = x + constant`, float32 [N,4] → [N,4]: two versions of it answer differently, so one sees which one ran. */
export function addModel(constant: number, metadata: Readonly<Record<string, string>> = {}): ModelSpec {
  return {
    nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 4] }],
    weights: [{ name: 'c', type: 'float32', dims: [1], values: [constant] }],
    metadata,
  };
}

/** A 4 → 16 → 3 MLP with softmax and fixed weights: the size of a real iris model. `seed` changes the weights. */
export function irisModel(seed = 1): ModelSpec {
  let state = seed;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 1_073_741_824 - 1;
  };
  const values = (count: number): number[] => Array.from({ length: count }, next);
  return {
    nodes: [
      { op: 'Gemm', inputs: ['features', 'w1', 'b1'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['r'] },
      { op: 'Gemm', inputs: ['r', 'w2', 'b2'], outputs: ['z'] },
      { op: 'Softmax', inputs: ['z'], outputs: ['probabilities'], attributes: { axis: 1 } },
    ],
    inputs: [{ name: 'features', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['N', 3] }],
    weights: [
      { name: 'w1', type: 'float32', dims: [4, 16], values: values(64) },
      { name: 'b1', type: 'float32', dims: [16], values: values(16) },
      { name: 'w2', type: 'float32', dims: [16, 3], values: values(48) },
      { name: 'b2', type: 'float32', dims: [3], values: values(3) },
    ],
    metadata: {
      features: '["sepal_length","sepal_width","petal_length","petal_width"]',
      labels: '["setosa","versicolor","virginica"]',
    },
  };
}

/** Two inputs of different type and two outputs: `sum = a + cast(b)`, `count = b`. */
export function twoInputModel(): ModelSpec {
  return {
    nodes: [
      { op: 'Cast', inputs: ['b'], outputs: ['bf'], attributes: { to: dataTypes.float32 } },
      { op: 'Add', inputs: ['a', 'bf'], outputs: ['sum'] },
      { op: 'Identity', inputs: ['b'], outputs: ['count'] },
    ],
    inputs: [
      { name: 'a', type: 'float32', shape: ['N', 2] },
      { name: 'b', type: 'int64', shape: ['N', 2] },
    ],
    outputs: [
      { name: 'sum', type: 'float32', shape: ['N', 2] },
      { name: 'count', type: 'int64', shape: ['N', 2] },
    ],
  };
}

/** `y` = the row `i` of a table of ten rows of two numbers, as an embedding is looked up; no other index is taken. */
export function lookupModel(): ModelSpec {
  return {
    nodes: [{ op: 'Gather', inputs: ['table', 'i'], outputs: ['y'], attributes: { axis: 0 } }],
    inputs: [{ name: 'i', type: 'int64', shape: ['N', 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 1, 2] }],
    weights: [{ name: 'table', type: 'float32', dims: [10, 2], values: Array.from({ length: 20 }, (_, n) => n) }],
  };
}

/**
 * `y = x` after `n` empty rounds of a Loop, where `n` is an input: takes as long as the caller asks, in one call of
 * the runtime. About 10^6 rounds a second; a huge `n` hangs.
 */
export function loopModel(): ModelSpec {
  const body = graphOf(
    {
      nodes: [
        { op: 'Identity', inputs: ['keep'], outputs: ['keep_out'] },
        { op: 'Identity', inputs: ['state'], outputs: ['state_out'] },
      ],
      inputs: [
        { name: 'round', type: 'int64', shape: [] },
        { name: 'keep', type: 'bool', shape: [] },
        { name: 'state', type: 'float32', shape: [1] },
      ],
      outputs: [
        { name: 'keep_out', type: 'bool', shape: [] },
        { name: 'state_out', type: 'float32', shape: [1] },
      ],
    },
    'body',
  );
  return {
    nodes: [{ op: 'Loop', inputs: ['n', 'always', 'x'], outputs: ['y'], attributes: { body: { graph: body } } }],
    inputs: [
      { name: 'n', type: 'int64', shape: [] },
      { name: 'x', type: 'float32', shape: [1] },
    ],
    outputs: [{ name: 'y', type: 'float32', shape: [1] }],
    weights: [{ name: 'always', type: 'bool', dims: [], values: [1] }],
  };
}
