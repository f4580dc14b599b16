import {
  dataTypes,
  graphOf,
  identityModel,
  irisModel,
  lookupModel,
  type ModelSpec,
  twoInputModel,
} from './onnx-models';

/** A model and whether requests may be run together by it. */
export interface BatchCase {
  readonly name: string;
  readonly spec: ModelSpec;
}

const rows = (name: string, size = 4) => ({ name, type: 'float32' as const, shape: ['N', size] });

/** `x` float32 [N, 4] → `y` float32 [N, 4]. */
function overRows(nodes: ModelSpec['nodes'], weights: ModelSpec['weights'] = []): ModelSpec {
  return { nodes, inputs: [rows('x')], outputs: [rows('y')], weights };
}

const ints = (name: string, ...values: number[]) => ({ name, type: 'int64' as const, dims: [values.length], values });
const number = (name: string, value: number) => ({ name, type: 'float32' as const, dims: [1], values: [value] });

/** Three layers, wide enough for the kernels to treat one row and many differently. */
export function wideModel(width = 96): ModelSpec {
  const weight = (name: string, from: number, to: number) => ({
    name,
    type: 'float32' as const,
    dims: [from, to],
    values: Array.from({ length: from * to }, (_, n) => Math.sin(n * 12.9898 + from) / Math.sqrt(from)),
  });
  return {
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w1'], outputs: ['a'] },
      { op: 'Tanh', inputs: ['a'], outputs: ['b'] },
      { op: 'MatMul', inputs: ['b', 'w2'], outputs: ['c'] },
      { op: 'Sigmoid', inputs: ['c'], outputs: ['d'] },
      { op: 'MatMul', inputs: ['d', 'w3'], outputs: ['y'] },
    ],
    inputs: [rows('x', 7)],
    outputs: [rows('y', 5)],
    weights: [weight('w1', 7, width), weight('w2', width, width), weight('w3', width, 5)],
  };
}

/** 3 x 8 x 8 pixels → 4 scores; the size of the picture is left open where `side` is a name. */
function convolution(side: number | string): ModelSpec {
  const values = (count: number) => Array.from({ length: count }, (_, n) => Math.cos(n * 7.31));
  return {
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'GlobalAveragePool', inputs: ['b'], outputs: ['c'] },
      { op: 'Flatten', inputs: ['c'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 3, side, side] }],
    outputs: [rows('y')],
    weights: [{ name: 'w', type: 'float32', dims: [4, 3, 3, 3], values: values(108) }],
  };
}

const identityTypes = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int32',
  'int64',
  'uint8',
  'uint64',
  'bool',
  'string',
] as const;

export const batchable: readonly BatchCase[] = [
  { name: 'a small classifier', spec: irisModel() },
  { name: 'wide layers', spec: wideModel() },
  { name: 'two inputs of different types', spec: twoInputModel() },
  { name: 'a convolution', spec: convolution(8) },
  { name: 'a convolution over pictures of any size', spec: convolution('S') },
  { name: 'a table that is looked up', spec: lookupModel() },
  {
    name: 'a batch that is named differently at both ends',
    spec: { ...irisModel(), outputs: [{ name: 'probabilities', type: 'float32', shape: ['M', 3] }] },
  },
  { name: 'a batch without a name', spec: overRowsOf(null) },
  ...identityTypes.map((type) => ({ name: `no change of ${type}`, spec: identityModel(type, ['N', 2]) })),
];

function overRowsOf(batch: null): ModelSpec {
  return {
    nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', type: 'float32', shape: [batch, 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: [batch, 4] }],
  };
}

/** The largest number of the whole batch, beyond 50, added to every row: seen only when a row holds such a number. */
const hiddenMaximum = overRows(
  [
    { op: 'ReduceMax', inputs: ['x'], outputs: ['max'], attributes: { axes: [0], keepdims: 1 } },
    { op: 'Sub', inputs: ['max', 'limit'], outputs: ['over'] },
    { op: 'Relu', inputs: ['over'], outputs: ['gate'] },
    { op: 'Add', inputs: ['x', 'gate'], outputs: ['y'] },
  ],
  [number('limit', 1_000)],
);

const branch = (op: string, name: string) =>
  graphOf({ nodes: [{ op, inputs: ['x'], outputs: [name] }], inputs: [], outputs: [rows(name)] }, name);

export const notBatchable: readonly BatchCase[] = [
  {
    name: 'a batch of the fixed size 1',
    spec: { ...irisModel(), inputs: [{ name: 'features', type: 'float32', shape: [1, 4] }] },
  },
  {
    name: 'an output whose batch is fixed',
    spec: { ...irisModel(), outputs: [{ name: 'probabilities', type: 'float32', shape: [1, 3] }] },
  },
  { name: 'no rank', spec: identityModel('float32', null) },
  { name: 'a square of the batch', spec: identityModel('float32', ['N', 'N']) },
  {
    name: 'a softmax over the batch',
    spec: overRows([{ op: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: 0 } }]),
  },
  {
    name: 'rows less the mean of the batch',
    spec: overRows([
      { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
      { op: 'Sub', inputs: ['x', 'mean'], outputs: ['y'] },
    ]),
  },
  {
    name: 'rows in the reverse order',
    spec: overRows(
      [{ op: 'Slice', inputs: ['x', 'start', 'end', 'axes', 'step'], outputs: ['y'] }],
      [ints('start', -1), ints('end', -(2 ** 31)), ints('axes', 0), ints('step', -1)],
    ),
  },
  {
    name: 'sums along the batch',
    spec: overRows(
      [{ op: 'CumSum', inputs: ['x', 'axis'], outputs: ['y'] }],
      [{ name: 'axis', type: 'int64', dims: [], values: [0] }],
    ),
  },
  {
    name: 'rows sorted by size',
    spec: overRows(
      [
        { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { op: 'Slice', inputs: ['shape', 'zero', 'one'], outputs: ['count'] },
        { op: 'TopK', inputs: ['x', 'count'], outputs: ['y', 'order'], attributes: { axis: 0 } },
      ],
      [ints('zero', 0), ints('one', 1)],
    ),
  },
  {
    name: 'only the rows that are not zero',
    spec: {
      nodes: [
        { op: 'NonZero', inputs: ['x'], outputs: ['t'] },
        { op: 'Transpose', inputs: ['t'], outputs: ['y'], attributes: { perm: [1, 0] } },
      ],
      inputs: [rows('x')],
      outputs: [{ name: 'y', type: 'int64', shape: ['M', 2] }],
    },
  },
  {
    name: 'the first row for all',
    spec: overRows(
      [
        { op: 'Gather', inputs: ['x', 'first'], outputs: ['row'], attributes: { axis: 0 } },
        { op: 'Mul', inputs: ['x', 'none'], outputs: ['nothing'] },
        { op: 'Add', inputs: ['nothing', 'row'], outputs: ['y'] },
      ],
      [ints('first', 0), number('none', 0)],
    ),
  },
  {
    name: 'the number of rows',
    spec: overRows([
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Cast', inputs: ['shape'], outputs: ['sizes'], attributes: { to: dataTypes.float32 } },
      { op: 'ReduceSum', inputs: ['sizes'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Add', inputs: ['x', 'sum'], outputs: ['y'] },
    ]),
  },
  {
    name: 'noise',
    spec: overRows([
      { op: 'RandomNormalLike', inputs: ['x'], outputs: ['noise'] },
      { op: 'Add', inputs: ['x', 'noise'], outputs: ['y'] },
    ]),
  },
  {
    name: 'the batch as the second dimension',
    spec: {
      nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'], attributes: { perm: [1, 0] } }],
      inputs: [{ name: 'x', type: 'float32', shape: ['A', 'B'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['C', 'D'] }],
    },
  },
];

/** What no trial with a few inputs shows. */
export const mixedForSomeValues: readonly BatchCase[] = [
  { name: 'rows that meet only beyond a limit', spec: hiddenMaximum },
  {
    name: 'another path for all when one row asks for it',
    spec: overRows(
      [
        { op: 'ReduceMax', inputs: ['x'], outputs: ['max'], attributes: { keepdims: 0 } },
        { op: 'Greater', inputs: ['max', 'limit'], outputs: ['isOver'] },
        {
          op: 'If',
          inputs: ['isOver'],
          outputs: ['y'],
          attributes: {
            then_branch: { graph: branch('Neg', 'negated') },
            else_branch: { graph: branch('Identity', 'kept') },
          },
        },
      ],
      [{ name: 'limit', type: 'float32', dims: [], values: [1_000] }],
    ),
  },
];
