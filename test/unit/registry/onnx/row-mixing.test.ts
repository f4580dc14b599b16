import assert from 'node:assert/strict';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { findRowMixing } from '../../../../lib/registry/onnx/row-mixing';
import type { Dimension } from '../../../../lib/registry/signature';
import { batchable, mixedForSomeValues } from '../../../support/batch-models';
import {
  type ModelSpec,
  type NodeSpec,
  type ValueSpec,
  type WeightSpec,
  writeModel,
} from '../../../support/onnx-models';
import { temporaryFolder } from '../../../support/temporary-folder';

const root = join(__dirname, '..', '..', '..', '..');

async function mixingOf(spec: ModelSpec): Promise<string | undefined> {
  await using folder = await temporaryFolder();
  return await findRowMixing(await writeModel(join(folder.path, 'model.onnx'), spec));
}

const floats = (name: string, shape: readonly Dimension[] | null): ValueSpec => ({ name, type: 'float32', shape });
const ints = (name: string, ...values: number[]): WeightSpec => ({
  name,
  type: 'int64',
  dims: [values.length],
  values,
});
const table = (name: string, ...dims: number[]): WeightSpec => ({
  name,
  type: 'float32',
  dims,
  values: new Array<number>(dims.reduce((product, size) => product * size, 1)).fill(1),
});

type Row = readonly [
  name: string,
  nodes: readonly NodeSpec[],
  weights?: readonly WeightSpec[],
  shape?: readonly Dimension[] | null,
  opset?: number,
];
const op = (name: string, inputs: string, attributes: NodeSpec['attributes'] = {}, domain = ''): NodeSpec => ({
  op: name,
  inputs: inputs.split(' ').map((input) => (input === '-' ? '' : input)),
  outputs: ['y'],
  attributes,
  ...(domain ? { domain } : {}),
});
const to = (output: string, node: NodeSpec): NodeSpec => ({
  ...node,
  outputs: output.split(' ').map((one) => (one === '-' ? '' : one)),
});
const ML = 'ai.onnx.ml';

/** Shape of `x` is [N, 4] unless said otherwise. */
const apart: readonly Row[] = [
  ['a sum with a bias', [op('Add', 'x b')], [table('b', 4)]],
  ['a softmax over the features', [op('Softmax', 'x', { axis: 1 })]],
  ['a softmax over the last axis', [op('Softmax', 'x', { axis: -1 })]],
  ['a softmax of opset 11', [op('Softmax', 'x')], [], ['N', 4], 11],
  ['the mean of the features', [op('ReduceMean', 'x', { axes: [1] })]],
  ['a sum whose axis is an input', [op('ReduceSum', 'x axes')], [ints('axes', -1)]],
  ['the largest feature', [op('ArgMax', 'x', { axis: 1, keepdims: 0 })]],
  ['the two largest features', [to('y i', op('TopK', 'x k'))], [ints('k', 2)]],
  ['features joined', [op('Concat', 'x x', { axis: 1 })]],
  ['features split', [to('y z', op('Split', 'x', { axis: 1 }))]],
  ['one feature', [op('Gather', 'x i', { axis: 1 })], [ints('i', 2)]],
  ['a table that is looked up', [op('Gather', 't x')], [table('t', 9, 3)]],
  ['some features', [op('Slice', 'x from to axes')], [ints('from', 1), ints('to', 3), ints('axes', 1)]],
  [
    'a transposition there and back',
    [to('t', op('Transpose', 'x', { perm: [1, 0] })), op('Transpose', 't', { perm: [1, 0] })],
  ],
  ['a matrix', [op('MatMul', 'x w')], [table('w', 4, 2)]],
  ['an axis added and taken away', [to('u', op('Unsqueeze', 'x axes')), op('Squeeze', 'u axes')], [ints('axes', 1)]],
  ['a reshape', [op('Reshape', 'x shape')], [ints('shape', -1, 2, 2)]],
  [
    'a reshape by a Constant',
    [
      to('shape', { op: 'Constant', inputs: [], outputs: [], attributes: { value_ints: [0, 4, 1] } }),
      op('Reshape', 'x shape'),
    ],
  ],
  ['sums along the features', [op('CumSum', 'x axis')], [ints('axis', 1)]],
  ['features padded', [op('Pad', 'x pads')], [ints('pads', 0, 1, 0, 1)]],
  ['a forest', [to('l y', op('TreeEnsembleClassifier', 'x', {}, ML))]],
  ['a scaler before a linear model', [to('s', op('Scaler', 'x', {}, ML)), op('LinearRegressor', 's', {}, ML)]],
  [
    'an LSTM with the batch first',
    [
      to('t', op('Transpose', 'x', { perm: [1, 0, 2] })),
      to('h - -', op('LSTM', 't w r', { hidden_size: 2 })),
      to('s', op('Squeeze', 'h axes')),
      op('Transpose', 's', { perm: [1, 0, 2] }),
    ],
    [table('w', 1, 8, 3), table('r', 1, 8, 2), ints('axes', 1)],
    ['N', 'T', 3],
  ],
  [
    'attention',
    [
      to('k', op('Transpose', 'x', { perm: [0, 2, 1] })),
      to('scores', op('MatMul', 'x k')),
      to('p', op('Softmax', 'scores', { axis: -1 })),
      op('MatMul', 'p x'),
    ],
    [],
    ['N', 'T', 8],
  ],
  [
    'a shape computed of its sizes',
    [
      to('sizes', op('Shape', 'x')),
      to('n', op('Gather', 'sizes first', { axis: 0 })),
      to('shape', op('Concat', 'n rest', { axis: 0 })),
      op('Reshape', 'x shape'),
    ],
    [ints('first', 0), ints('rest', 2, 2)],
  ],
];

const meeting: readonly Row[] = [
  ['a softmax over the batch', [op('Softmax', 'x', { axis: 0 })]],
  ['a softmax over the last axis of one', [op('Softmax', 'x', { axis: -1 })], [], ['N']],
  ['a softmax of opset 11 over everything', [op('Softmax', 'x', { axis: 0 })], [], ['N', 4], 11],
  ['the mean of everything', [op('ReduceMean', 'x')]],
  ['the mean of the batch', [op('ReduceMean', 'x', { axes: [0] })]],
  ['the mean of the batch, counted from the end', [op('ReduceMean', 'x', { axes: [-2] })]],
  ['a sum whose axis nobody knows', [to('s', op('Shape', 'x')), op('ReduceSum', 'x s')]],
  ['the largest of the batch', [op('ArgMax', 'x')]],
  ['the largest rows', [to('y i', op('TopK', 'x k', { axis: 0 }))], [ints('k', 1)]],
  ['rows joined', [op('Concat', 'x x', { axis: 0 })]],
  ['rows split', [to('y z', op('Split', 'x'))]],
  ['one row', [op('Gather', 'x i')], [ints('i', 0)]],
  ['one row, counted from the end', [op('Gather', 'x i', { axis: -2 })], [ints('i', 0)]],
  ['rows that the data choose', [op('Gather', 'x x')]],
  ['rows scattered', [op('ScatterElements', 'x i x')], [ints('i', 0)]],
  ['some rows', [op('Slice', 'x from to axes')], [ints('from', 1), ints('to', 3), ints('axes', 0)]],
  ['some rows, no axes said', [op('Slice', 'x from to')], [ints('from', 1), ints('to', 3)]],
  ['a transposition', [op('Transpose', 'x', { perm: [1, 0] })]],
  ['a transposition without order', [op('Transpose', 'x')]],
  [
    'a softmax over the batch at the end',
    [
      to('t', op('Transpose', 'x', { perm: [1, 0] })),
      to('s', op('Softmax', 't', { axis: -1 })),
      op('Transpose', 's', { perm: [1, 0] }),
    ],
  ],
  ['all rows against all', [to('t', op('Transpose', 'x', { perm: [1, 0] })), op('MatMul', 'x t')]],
  ['a matrix of the data', [op('MatMul', 'x x')]],
  ['a matrix times the rows', [op('MatMul', 'w x')], [table('w', 4, 4)]],
  ['a transposed product', [op('Gemm', 'x w', { transA: 1 })], [table('w', 4, 4)]],
  ['the batch moved by a new axis', [op('Unsqueeze', 'x axes')], [ints('axes', 0)]],
  ['the batch squeezed away', [op('Squeeze', 'x axes')], [ints('axes', 0)]],
  ['a reshape of two rows at a time', [op('Reshape', 'x shape')], [ints('shape', 2, -1)]],
  ['all flattened', [op('Flatten', 'x', { axis: 0 })]],
  ['sums along the batch', [op('CumSum', 'x axis')], [ints('axis', 0)]],
  ['sums along an axis that the data say', [op('CumSum', 'x x')]],
  ['rows padded', [op('Pad', 'x pads')], [ints('pads', 1, 0, 1, 0)]],
  [
    'a sequence reversed along the batch',
    [op('ReverseSequence', 'x l', { batch_axis: 1, time_axis: 0 })],
    [ints('l', 1, 1, 1, 1)],
  ],
  ['a normalization of the batch', [op('MeanVarianceNormalization', 'x')]],
  [
    'a batch normalization in training',
    [op('BatchNormalization', 'x s b m v', { training_mode: 1 })],
    ['s', 'b', 'm', 'v'].map((name) => table(name, 4)),
  ],
  [
    'an LSTM over the batch',
    [to('h y', op('LSTM', 'x w r', { hidden_size: 2 }))],
    [table('w', 1, 8, 3), table('r', 1, 8, 2)],
    ['N', 'T', 3],
  ],
  ['a list of numbers as one row of features', [op('Normalizer', 'x', { norm: 'L2' }, ML)], [], ['N']],
  ['positions', [op('NonZero', 'x')]],
  ['noise', [to('n', { op: 'RandomNormal', inputs: [], outputs: [], attributes: { shape: [1] } }), op('Add', 'x n')]],
  ['a dropout that may train', [op('Dropout', 'x r t')], [table('r', 1), ints('t', 1)]],
  ['an unknown operator', [op('Einsum', 'x x', { equation: 'ni,mi->nm' })]],
  ['an unknown domain', [op('Add', 'x x', {}, 'com.example')]],
  ['dimensions of different ranks', [to('u', op('Unsqueeze', 'x axes')), op('Add', 'u x')], [ints('axes', 2)]],
  ['a constant for an output', [op('Identity', 'b')], [table('b', 4)]],
];

function specOf([, nodes, weights = [], shape = ['N', 4], opset]: Row): ModelSpec {
  return { nodes, inputs: [floats('x', shape)], outputs: [floats('y', null)], weights, ...(opset ? { opset } : {}) };
}

describe('The rows of a batch stay apart', () => {
  for (const row of apart) {
    it(`with ${row[0]}`, async () => assert.equal(await mixingOf(specOf(row)), undefined));
  }
  for (const { name, spec } of batchable) {
    it(`in a model with ${name}`, async () => assert.equal(await mixingOf(spec), undefined));
  }
});

describe('The rows of a batch may meet', () => {
  for (const row of meeting) {
    it(`with ${row[0]}`, async () => assert.match((await mixingOf(specOf(row))) ?? 'apart', /".*"/));
  }
  for (const { name, spec } of mixedForSomeValues) {
    it(`in a model with ${name}`, async () => assert.match((await mixingOf(spec)) ?? 'apart', /^(ReduceMax|If) "/));
  }
});

describe('The models that come with the package', () => {
  it('keep their rows apart', async () => {
    let count = 0;
    for await (const file of glob('example-models/*.onnx', { cwd: root })) {
      count += 1;
      assert.equal(await findRowMixing(join(root, file)), undefined, file);
    }
    assert.ok(count > 0);
  });
});
