import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManagementError } from '../../../lib/errors';
import type { Tensor, Tensors } from '../../../lib/inference/tensor';
import type { TensorType } from '../../../lib/registry/signature';
import { builtEngineProcessPath, builtPublicEngineProcessPath } from '../../support/built-engine';
import { type EngineLab, openEngineLab } from '../../support/engine-lab';
import { bfloat16Model, sequenceModel } from '../../support/fault-models';
import { floats, row } from '../../support/feeds';
import { addModel, identityModel, irisModel, type ModelSpec, twoInputModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

const nodeModules = join(__dirname, '..', '..', '..', 'node_modules');

const tensorOf: Record<TensorType, Tensor['data']> = {
  float32: Float32Array.of(1.5, -0, Number.NaN),
  float64: Float64Array.of(Math.PI, Number.MIN_VALUE, Number.NEGATIVE_INFINITY),
  // 1, 65504 and a NaN, as bits.
  float16: Uint16Array.of(0x3c00, 0x7bff, 0x7e00),
  int8: Int8Array.of(-128, 0, 127),
  int16: Int16Array.of(-32_768, 0, 32_767),
  int32: Int32Array.of(-2_147_483_648, 0, 2_147_483_647),
  int64: BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n),
  uint8: Uint8Array.of(0, 1, 255),
  uint16: Uint16Array.of(0, 1, 65_535),
  uint32: Uint32Array.of(0, 1, 4_294_967_295),
  uint64: BigUint64Array.of(0n, 1n, 2n ** 64n - 1n),
  bool: Uint8Array.of(0, 1, 1),
  string: ['', 'grün', '日本'],
};

describe('Running a model in its own process', () => {
  for (const { name, packageName, findProcessPath } of [
    { name: 'on Node 22', packageName: 'node', findProcessPath: builtEngineProcessPath },
    { name: 'on Node 24', packageName: 'node24', findProcessPath: builtEngineProcessPath },
    {
      name: 'on Node 22 by the public interface of the runtime',
      packageName: 'node',
      findProcessPath: builtPublicEngineProcessPath,
    },
    {
      name: 'on Node 24 by the public interface of the runtime',
      packageName: 'node24',
      findProcessPath: builtPublicEngineProcessPath,
    },
  ]) {
    it(`gives back every tensor type bit by bit ${name}`, async () => {
      const nodePath = join(nodeModules, packageName, 'bin', 'node');
      await using lab = await openEngineLab({ nodePath, processPath: await findProcessPath() });
      for (const [type, data] of Object.entries(tensorOf) as [TensorType, Tensor['data']][]) {
        const model = await lab.load(type, identityModel(type, ['N']));
        const tensor: Tensor = { type, dims: [3], data };
        const { outputs } = await model.run(new Map([['x', tensor]]));
        assert.deepEqual(outputs, new Map([['y', tensor]]), type);
        const empty: Tensor = { type, dims: [0], data: data.slice(0, 0) };
        assert.deepEqual((await model.run(new Map([['x', empty]]))).outputs.get('y'), empty, `${type}, empty`);
        model.release();
      }
    });
  }

  it('computes what the model says, and tells signature, run time and engine', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('sum', twoInputModel());
    assert.deepEqual(model.signature, {
      inputs: [
        { name: 'a', type: 'float32', shape: ['N', 2] },
        { name: 'b', type: 'int64', shape: ['N', 2] },
      ],
      outputs: [
        { name: 'sum', type: 'float32', shape: ['N', 2] },
        { name: 'count', type: 'int64', shape: ['N', 2] },
      ],
    });
    const feeds: Tensors = new Map<string, Tensor>([
      ['b', { type: 'int64', dims: [1, 2], data: BigInt64Array.of(10n, 20n) }],
      ['a', floats([1, 2], 1, 2)],
    ]);
    const both = await model.run(feeds);
    assert.deepEqual(both.outputs.get('sum'), floats([1, 2], 11, 22));
    assert.ok(both.durationMs > 0);
    assert.equal(both.batchSize, 1);
    const one = await model.run(feeds, { fetches: ['count'] });
    assert.deepEqual([...one.outputs.keys()], ['count']);
    const { kind, version, models } = await lab.engine.stats();
    assert.equal(kind, 'native');
    assert.match(version ?? '', /^onnxruntime-node \d/);
    const [stats] = models;
    assert.equal(stats?.state, 'ready');
    assert.deepEqual([stats?.requests, stats?.errors, stats?.restarts, stats?.queue], [2, 0, 0, 0]);
    assert.ok(stats?.p50Ms !== null && (stats?.memoryBytes ?? 0) > 10_000_000);
  });

  it('tells what a version did when it is unloaded again', async () => {
    await using lab = await openEngineLab();
    const model = await lab.engine.load({ ...(await lab.target('plus', addModel(1))), model: 'plus', version: 3 });
    await model.run(new Map([['x', floats([1, 4], 1, 2, 3, 4)]]));
    await model.run(new Map([['x', floats([1, 4], 1, 2, 3, 4)]]));
    assert.deepEqual(
      lab.engine.activity('plus', 5).map(({ version, isLoaded }) => [version, isLoaded]),
      [[3, true]],
    );
    model.release(0);
    await waitFor(async () => (await lab.engine.stats()).models.length === 0);
    const [activity] = lab.engine.activity('plus', 5);
    assert.ok(activity && !activity.isLoaded);
    const { requests, answered, errors, batchMax } = activity.columns;
    const sum = (counts: readonly (number | null)[]): number => counts.reduce<number>((a, b) => a + (b ?? 0), 0);
    assert.deepEqual([sum(requests), sum(answered), sum(errors), Math.max(...batchMax.map(Number))], [2, 2, 0, 1]);
    assert.deepEqual(lab.engine.activity('other', 5), []);
  });

  it('takes names as opaque text', async () => {
    await using lab = await openEngineLab();
    const names = ['__proto__', 'constructor', '', ' a"b\n', '日本'];
    const spec: ModelSpec = {
      nodes: names.map((name) => ({ op: 'Neg', inputs: [`in ${name}`], outputs: [name || 'empty'] })),
      inputs: names.map((name) => ({ name: `in ${name}`, type: 'float32', shape: [1] })),
      outputs: names.map((name) => ({ name: name || 'empty', type: 'float32', shape: [1] })),
    };
    const proto: ModelSpec = {
      nodes: [{ op: 'Identity', inputs: ['__proto__'], outputs: ['y'] }],
      inputs: [{ name: '__proto__', type: 'float32', shape: [1] }],
      outputs: [{ name: 'y', type: 'float32', shape: [1] }],
    };
    const model = await lab.load('names', spec);
    const { outputs } = await model.run(new Map(names.map((name, n) => [`in ${name}`, floats([1], n)])));
    assert.deepEqual(outputs, new Map(names.map((name, n) => [name || 'empty', floats([1], n === 0 ? -0 : -n)])));
    const other = await lab.load('proto', proto);
    assert.deepEqual((await other.run(new Map([['__proto__', floats([1], 3)]]))).outputs.get('y'), floats([1], 3));
  });

  it('answers many at once, each with its own result', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('add', addModel(1));
    const results = await Promise.all(Array.from({ length: 1_000 }, (_, n) => model.run(row(n, n, n, n))));
    results.forEach(({ outputs }, n) => {
      assert.deepEqual(outputs.get('y'), floats([1, 4], n + 1, n + 1, n + 1, n + 1));
    });
  });

  it('carries a tensor of many megabytes both ways', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('large', identityModel('float32', ['N']));
    const data = Float32Array.from({ length: 2_000_000 }, (_, n) => n);
    const { outputs } = await model.run(new Map([['x', { type: 'float32', dims: [data.length], data }]]));
    const back = outputs.get('y')?.data ?? [];
    assert.equal(back.length, data.length);
    // Not deepEqual: that takes seconds for so many.
    assert.ok(data.every((value, n) => value === back[n]));
  });

  it('runs preprocessing first and joins its outputs to the inputs by name', async () => {
    await using lab = await openEngineLab();
    const preprocessing: ModelSpec = {
      nodes: [{ op: 'Cast', inputs: ['raw'], outputs: ['a'], attributes: { to: 1 } }],
      inputs: [{ name: 'raw', type: 'int32', shape: ['N', 2] }],
      outputs: [{ name: 'a', type: 'float32', shape: ['N', 2] }],
    };
    const model = await lab.engine.load(await lab.target('sum', twoInputModel(), preprocessing));
    assert.deepEqual(
      model.signature.inputs.map(({ name, type }) => [name, type]),
      [
        ['raw', 'int32'],
        ['b', 'int64'],
      ],
    );
    const { outputs } = await model.run(
      new Map<string, Tensor>([
        ['raw', { type: 'int32', dims: [1, 2], data: Int32Array.of(1, 2) }],
        ['b', { type: 'int64', dims: [1, 2], data: BigInt64Array.of(10n, 20n) }],
      ]),
    );
    assert.deepEqual(outputs.get('sum'), floats([1, 2], 11, 22));
  });

  for (const packageName of ['node', 'node24']) {
    it(`hands float16 from preprocessing to the model on the Node of ${packageName}`, async () => {
      await using lab = await openEngineLab({ nodePath: join(nodeModules, packageName, 'bin', 'node') });
      const half = (input: string, output: string): ModelSpec => ({
        nodes: [{ op: 'Identity', inputs: [input], outputs: [output] }],
        inputs: [{ name: input, type: 'float16', shape: [3] }],
        outputs: [{ name: output, type: 'float16', shape: [3] }],
      });
      const model = await lab.engine.load(await lab.target('half', half('b', 'c'), half('a', 'b')));
      const tensor: Tensor = { type: 'float16', dims: [3], data: tensorOf.float16 };
      assert.deepEqual((await model.run(new Map([['a', tensor]]))).outputs, new Map([['c', tensor]]));
    });
  }

  it('keeps the folder of the process empty: the telemetry of the runtime is off', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('iris', irisModel());
    await model.run(new Map([['features', floats([1, 4], 5.1, 3.5, 1.4, 0.2)]]));
    const [child = ''] = await readdir(lab.tempPath);
    assert.deepEqual(await readdir(join(lab.tempPath, child)), []);
  });
});

describe('A file that cannot be served is refused', () => {
  const preprocessing = (name: string, type: TensorType): ModelSpec => ({
    nodes: [{ op: 'Identity', inputs: ['p'], outputs: [name] }],
    inputs: [{ name: 'p', type, shape: ['N', 4] }],
    outputs: [{ name, type, shape: ['N', 4] }],
  });
  const cases: readonly {
    readonly name: string;
    readonly model: ModelSpec | Buffer;
    readonly preprocessing?: ModelSpec;
    readonly message: RegExp;
  }[] = [
    { name: 'with a sequence as output', model: sequenceModel(), message: /output "labels".*a sequence, map/ },
    { name: 'with a bfloat16 output', model: bfloat16Model(), message: /output "y".*bfloat16/ },
    { name: 'that is no ONNX', model: Buffer.from('no model'), message: /protobuf/i },
    { name: 'that is empty', model: Buffer.alloc(0), message: /./ },
    {
      name: 'whose preprocessing feeds another name',
      model: addModel(1),
      preprocessing: preprocessing('z', 'float32'),
      message: /preprocessing produces "z", none of which.*"x"/,
    },
    {
      name: 'whose preprocessing gives another type',
      model: addModel(1),
      preprocessing: preprocessing('x', 'float64'),
      message: /preprocessing produces "x" as float64, the model takes float32/,
    },
  ];
  let lab: EngineLab;
  before(async () => {
    lab = await openEngineLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  for (const { name, model, preprocessing: first, message } of cases) {
    it(`${name}: by load as VERSION_UNUSABLE, by probe as INVALID_MODEL`, async () => {
      const target = await lab.target('broken', model, first);
      await assert.rejects(lab.engine.load(target), { code: 'VERSION_UNUSABLE', message });
      await assert.rejects(lab.engine.probe(target), { code: 'INVALID_MODEL', message });
    });
  }

  it('and a good one is told apart by its signature, without staying loaded', async () => {
    const signature = await lab.engine.probe(await lab.target('iris', irisModel()));
    assert.deepEqual(
      signature.outputs.map(({ name }) => name),
      ['probabilities'],
    );
    assert.deepEqual((await lab.engine.stats()).models, []);
  });

  it('and a missing file is refused without telling where it was looked for', async () => {
    const target = { ...(await lab.target('gone', addModel(1))), modelPath: '/nowhere/gone.onnx' };
    await assert.rejects(lab.engine.load(target), (error) => {
      assert.ok(ModelManagementError.is(error));
      assert.equal(error.code, 'VERSION_UNUSABLE');
      assert.doesNotMatch(error.message, /nowhere/);
      return true;
    });
    await assert.rejects(lab.engine.probe(target), { code: 'INVALID_MODEL', message: /gone version 1 .*no such file/ });
  });
});
