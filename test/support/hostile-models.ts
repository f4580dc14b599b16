import { createHash } from 'node:crypto';
import type { onnx } from 'onnx-proto';
import { memoryOnLoadModel } from './fault-models';
import { callCircle, callTree, hiddenExternalData, modelBytes, nodeBytes } from './onnx-functions';
import { buildModel, graphOf, identityModel, type ModelSpec, type WeightSpec } from './onnx-models';
import { graphIn, mutatedModel } from './onnx-mutations';

export interface HostileModel {
  readonly name: string;
  readonly bytes: () => Buffer;
  readonly stage: 'checked' | 'test-loaded';
  /** What the refusal says. */
  readonly words: RegExp;
  /** Nothing but the time that loading may take ends it. */
  readonly loadsForEver?: true;
}

const GIBI = 2 ** 30;
const FLOAT = 1;
const INT64 = 7;
const STRING = 8;
const MEMORY = /more memory than its limit|of memory, more than its limit/;
const TIME = /took longer than \d+ ms and was ended/;

const border = identityModel();
const whole = (name: string, values: readonly number[], dims: readonly number[] = [values.length]): WeightSpec => ({
  name,
  type: 'int64',
  dims,
  values,
});

/** `y = x + sum of v`, where `nodes` compute `v` from weights alone: folded while the model loads. */
function folded(nodes: ModelSpec['nodes'], weights: readonly WeightSpec[]): Buffer {
  return buildModel({
    ...border,
    nodes: [
      ...nodes,
      { op: 'ReduceSum', inputs: ['v'], outputs: ['s'], attributes: { keepdims: 0 } },
      { op: 'Add', inputs: ['x', 's'], outputs: ['y'] },
    ],
    weights,
  });
}

/** `y = x + w`, where `w` is as told. */
function withWeight(weight: onnx.ITensorProto): Buffer {
  return mutatedModel((model) =>
    Object.assign(graphIn(model), {
      initializer: [{ name: 'w', dataType: FLOAT, ...weight }],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
    }),
  );
}

function externalWeight(location: string): Buffer {
  const data = [
    { key: 'location', value: location },
    { key: 'length', value: '16' },
  ];
  return withWeight({ dims: [4], dataLocation: 1, externalData: data });
}

/** A sparse tensor of one value that is 40 GiB as a dense one. */
const sparse = {
  dims: [10 * GIBI],
  values: { name: 'v', dataType: FLOAT, dims: [1], floatData: [1] },
  indices: { dataType: INT64, dims: [1], int64Data: [0] },
};
const sum: onnx.INodeProto = { opType: 'ReduceSum', input: ['v'], output: ['s'] };
const addition: onnx.INodeProto = { opType: 'Add', input: ['x', 's'], output: ['y'] };

/** A Loop of so many rounds over `x`, with a body from `state` to `next`. */
function loop(rounds: number, body: ModelSpec['nodes']): Buffer {
  const bool = { name: 'keep', type: 'bool', shape: [] } as const;
  const graph = graphOf({
    nodes: [{ op: 'Identity', inputs: ['keep'], outputs: ['on'] }, ...body],
    inputs: [{ name: 'round', type: 'int64', shape: [] }, bool, { name: 'state', type: 'float32', shape: null }],
    outputs: [
      { ...bool, name: 'on' },
      { name: 'next', type: 'float32', shape: null },
    ],
  });
  return folded(
    [{ op: 'Loop', inputs: ['rounds', 'always', 'x'], outputs: ['v'], attributes: { body: { graph } } }],
    [whole('rounds', [rounds], []), { name: 'always', type: 'bool', dims: [], values: [1] }],
  );
}

function nested(depth: number): Buffer {
  let body: onnx.IGraphProto = { name: 'innermost' };
  const within = (): onnx.INodeProto => ({ opType: 'If', attribute: [{ name: 'then_branch', g: body }] });
  for (let level = 0; level < depth; level++) body = { name: 'b', node: [within()] };
  return mutatedModel((model) => graphIn(model).node?.push(within()));
}

function chain(count: number): Buffer {
  return modelBytes(
    Array.from({ length: count }, (_, n) =>
      nodeBytes('Relu', n === 0 ? 'x' : `t${n}`, n === count - 1 ? 'y' : `t${n + 1}`),
    ),
  );
}

/** Two nodes that need each other. */
const circle: ModelSpec = {
  ...border,
  nodes: [
    { op: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
    { op: 'Add', inputs: ['x', 'a'], outputs: ['b'] },
    { op: 'Identity', inputs: ['b'], outputs: ['y'] },
  ],
};

const checked = (name: string, words: RegExp, bytes: () => Buffer): HostileModel => ({
  name,
  bytes,
  stage: 'checked',
  words,
});
const loaded = (name: string, words: RegExp, bytes: () => Buffer): HostileModel => ({
  name,
  bytes,
  stage: 'test-loaded',
  words,
});
const late = (name: string, bytes: () => Buffer): HostileModel => ({
  ...loaded(name, TIME, bytes),
  loadsForEver: true,
});

/** Files that are refused without a process having seen them. */
const foreign: readonly HostileModel[] = [
  checked('nothing', /empty/, () => Buffer.alloc(0)),
  checked('one byte', /not a whole ONNX file/, () => Buffer.of(0x3a)),
  checked('random bytes', /not a whole ONNX file/, () => createHash('sha512').update('seed').digest()),
  checked('a megabyte of zeros', /not a whole ONNX file/, () => Buffer.alloc(1_000_000)),
  checked('half a model', /not a whole ONNX file/, () => buildModel(border).subarray(0, 40)),
  checked('a PyTorch file', /ZIP archive/, () => Buffer.from('PK\x03\x04 data.pkl', 'latin1')),
  checked('a pickle that would run code', /pickle/, () => Buffer.from('\x80\x04\x95cposix\nsystem\n', 'latin1')),
  checked('a script', /text file/, () => Buffer.from('#!/bin/sh\nrm -rf /\n')),
  checked('weights in another file', /another file/, () => externalWeight('weights.bin')),
  checked('weights above its folder', /another file/, () => externalWeight('../../../../etc/hostname')),
  checked('weights at an absolute path', /another file/, () => externalWeight('/etc/hostname')),
  checked('weights in the memory of the process', /another file/, () => externalWeight('*/_ORT_MEM_ADDR_/*')),
  checked('weights in another file, hidden in a function', /another file/, () => hiddenExternalData('weights.bin')),
  checked('graphs in graphs in graphs', /nested more than 32 levels/, () => nested(60)),
  checked('ten thousand outputs', /more than 4096 outputs/, () =>
    mutatedModel((model) =>
      Object.assign(graphIn(model), {
        output: Array.from({ length: 10_000 }, (_, n) => ({
          name: `y${n}`,
          type: { tensorType: { elemType: FLOAT, shape: { dim: [] } } },
        })),
      }),
    ),
  ),
  checked('a million nodes', /more than 1000000 nodes/, () => chain(1_000_001)),
  checked('a name of ten megabytes', /bytes long/, () =>
    mutatedModel((model) => Object.assign(graphIn(model), { output: [{ name: 'y'.repeat(10_000_000) }] })),
  ),
];

/** Files of less than a kilobyte that would take 40 GiB. */
const memory: readonly HostileModel[] = [
  loaded('Expand to 40 GiB while it loads', MEMORY, () => buildModel(memoryOnLoadModel(10 * GIBI))),
  loaded('ConstantOfShape of 40 GiB', MEMORY, () =>
    folded([{ op: 'ConstantOfShape', inputs: ['n'], outputs: ['v'] }], [whole('n', [10 * GIBI])]),
  ),
  loaded('Range of 16 GiB', MEMORY, () =>
    folded(
      [
        { op: 'Range', inputs: ['from', 'to', 'step'], outputs: ['r'] },
        { op: 'Cast', inputs: ['r'], outputs: ['v'], attributes: { to: FLOAT } },
      ],
      [whole('from', [0], []), whole('to', [2 * GIBI], []), whole('step', [1], [])],
    ),
  ),
  loaded('Tile to 3.6 GiB', MEMORY, () =>
    folded(
      [{ op: 'Tile', inputs: ['one', 'n'], outputs: ['v'] }],
      [whole('n', [900 * 2 ** 20]), { name: 'one', type: 'float32', dims: [1], values: [1] }],
    ),
  ),
  loaded('a sparse weight of 40 GiB', MEMORY, () =>
    mutatedModel((model) => Object.assign(graphIn(model), { sparseInitializer: [sparse], node: [sum, addition] })),
  ),
  loaded('a sparse constant of 40 GiB', MEMORY, () =>
    mutatedModel((model) => {
      const attribute = [{ name: 'sparse_value', type: 11, sparseTensor: sparse }];
      const constant = { opType: 'Constant', output: ['v'], attribute } as onnx.INodeProto;
      return Object.assign(graphIn(model), { node: [constant, sum, addition] });
    }),
  ),
  loaded('a billion texts', MEMORY, () =>
    mutatedModel((model) =>
      Object.assign(graphIn(model), {
        initializer: [
          { name: 't', dataType: STRING, dims: [1], stringData: [Buffer.alloc(1_000, 'a')] },
          { name: 'n', dataType: INT64, dims: [1], int64Data: [1_000_000_000] },
        ],
        node: [
          { opType: 'Expand', input: ['t', 'n'], output: ['many'] },
          { opType: 'Shape', input: ['many'], output: ['shape'] },
          { opType: 'Cast', input: ['shape'], output: ['s'], attribute: [{ name: 'to', i: FLOAT, type: 2 }] },
          { opType: 'Identity', input: ['many'], output: ['kept'] },
          addition,
        ],
        output: [...(graphIn(model).output ?? []), { name: 'kept', type: { tensorType: { elemType: STRING } } }],
      }),
    ),
  ),
  loaded('a tensor that doubles in each round', new RegExp(`${MEMORY.source}|${TIME.source}`), () =>
    loop(60, [{ op: 'Concat', inputs: ['state', 'state'], outputs: ['next'], attributes: { axis: 0 } }]),
  ),
  loaded('10 GB by its shape, 16 bytes by its data', /does not load/, () =>
    withWeight({ dims: [2_500_000_000], rawData: Buffer.alloc(16) }),
  ),
  loaded('10 GB by its shape, without data', /does not load/, () => withWeight({ dims: [2_500_000_000] })),
  loaded('a shape beyond all numbers', /does not load/, () =>
    withWeight({ dims: [2 ** 40, 2 ** 40], rawData: Buffer.alloc(16) }),
  ),
  loaded('a negative shape', /does not load/, () => withWeight({ dims: [-4], rawData: Buffer.alloc(16) })),
];

/** Files that take for ever. */
const time: readonly HostileModel[] = [
  late('a product of two matrices of 9,000 rows while it loads', () =>
    folded(
      [
        { op: 'ConstantOfShape', inputs: ['n'], outputs: ['m'] },
        { op: 'MatMul', inputs: ['m', 'm'], outputs: ['v'] },
      ],
      [whole('n', [9_000, 9_000])],
    ),
  ),
  late('functions that unfold to 10^12 nodes', () => callTree(40, 2)),
  loaded('a loop of 2^31 rounds', /its first run took longer than/, () =>
    loop(2 ** 31 - 1, [{ op: 'Identity', inputs: ['state'], outputs: ['next'] }]),
  ),
  late('300,000 nodes', () => chain(300_000)),
];

/** Files the runtime itself refuses, or dies of. */
const broken: readonly HostileModel[] = [
  loaded('a function that calls itself', /does not load/, () => callCircle(['f0'])),
  loaded('functions that call each other', /does not load/, () => callCircle(['f0', 'f1', 'f2'])),
  loaded('a chain of 20,000 functions', /does not load/, () => callTree(20_000, 1)),
  loaded('a graph that runs in a circle', /does not load/, () => buildModel(circle)),
  loaded('an operator that does not exist', /does not load.*NoSuchOp/s, () =>
    buildModel({ ...border, nodes: [{ op: 'NoSuchOp', inputs: ['x'], outputs: ['y'] }] }),
  ),
  loaded('a domain nobody knows', /does not load/, () =>
    buildModel({ ...border, nodes: [{ op: 'Identity', domain: 'com.example', inputs: ['x'], outputs: ['y'] }] }),
  ),
  loaded('an operator set of the future', /does not load/, () => buildModel({ ...border, opset: 9_999 })),
  loaded('a format of the future', /does not load/, () => buildModel({ ...border, irVersion: 9_999 })),
  loaded('no nodes', /does not load/, () => buildModel({ ...border, nodes: [] })),
];

/**
 * Files that must not become a version, with the stage that refuses them; with a memory limit of 1 GiB and seconds for
 * load and run.
 */
export const hostileModels: readonly HostileModel[] = [...foreign, ...memory, ...time, ...broken];
