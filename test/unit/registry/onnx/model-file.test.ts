import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { onnx } from 'onnx-proto';
import { type ModelFile, readModelFile } from '../../../../lib/registry';
import {
  buildModel,
  dataTypes,
  identityModel,
  irisModel,
  loopModel,
  twoInputModel,
} from '../../../support/onnx-models';
import { graphIn, mutatedModel } from '../../../support/onnx-mutations';
import { withCode } from '../../../support/registry-lab';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';

describe('reading an ONNX file', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder[Symbol.asyncDispose]());

  const read = async (bytes: Buffer, signal?: AbortSignal): Promise<ModelFile> => {
    const path = `${folder.path}/model.onnx`;
    await writeFile(path, bytes);
    return readModelFile(path, signal);
  };
  it('gives versions, producer, names and signature', async () => {
    const file = await read(buildModel(irisModel()));
    assert.deepEqual(
      { ...file, opsetImports: [...file.opsetImports] },
      {
        irVersion: 8,
        opset: 13,
        opsetImports: [['', 13]],
        producer: 'test',
        signature: {
          inputs: [{ name: 'features', type: 'float32', shape: ['N', 4] }],
          outputs: [{ name: 'probabilities', type: 'float32', shape: ['N', 3] }],
        },
        features: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
        labels: ['setosa', 'versicolor', 'virginica'],
      },
    );
  });

  it('passes over what some exporters write of their build and of the training, however long it is', async () => {
    const history = JSON.stringify(Array.from({ length: 100_000 }, (_, round) => round));
    const file = await read(
      mutatedModel(
        (model) =>
          Object.assign(model, { producerName: 'CatBoost', producerVersion: 'Git info:\n    Commit: b1bd2a6d' }),
        buildModel({ ...irisModel(), metadata: { training: history, labels: 'a,b,c' } }),
      ),
    );
    assert.deepEqual([file.producer, file.labels], ['CatBoost', ['a', 'b', 'c']]);
  });

  it('keeps inputs and outputs in the order of the model, subgraphs left out', async () => {
    const two = await read(buildModel(twoInputModel()));
    assert.deepEqual(
      two.signature.inputs.map(({ name, type }) => `${name} ${type}`),
      ['a float32', 'b int64'],
    );
    assert.deepEqual(
      two.signature.outputs.map(({ name }) => name),
      ['sum', 'count'],
    );
    const loop = await read(buildModel(loopModel()));
    assert.deepEqual(
      loop.signature.inputs.map(({ name, shape }) => [name, shape]),
      [
        ['n', []],
        ['x', [1]],
      ],
    );
  });

  for (const type of Object.keys(dataTypes) as (keyof typeof dataTypes)[]) {
    it(`knows ${type}`, async () => {
      const { signature } = await read(buildModel(identityModel(type)));
      assert.equal(signature.inputs[0]?.type, type);
    });
  }

  it('tells an unknown rank from a scalar, and sizes, symbols and unknown sizes apart', async () => {
    const shapeOf = async (shape: Parameters<typeof identityModel>[1]) =>
      (await read(buildModel(identityModel('float32', shape)))).signature.inputs[0]?.shape;
    assert.equal(await shapeOf(null), null);
    assert.deepEqual(await shapeOf([]), []);
    assert.deepEqual(await shapeOf([0, 'batch size', null, 4_294_967_296, -1, '']), [
      0,
      'batch size',
      null,
      4_294_967_296,
      null,
      null,
    ]);
  });

  it('takes names as they are', async () => {
    for (const name of ['onnx::Flatten_0', '__proto__', '{"a":1}', '../x', 'ünïcode 🙂', ' ']) {
      const { signature } = await read(
        mutatedModel((model) => {
          graphIn(model).input = [{ name, type: { tensorType: { elemType: 1 } } }];
        }),
      );
      assert.equal(signature.inputs[0]?.name, name);
    }
  });

  it('leaves out the weights that files of old IR versions list among the inputs', async () => {
    const bytes = mutatedModel((model) => {
      model.irVersion = 3;
      const graph = graphIn(model);
      for (const { name, dims } of graph.initializer ?? []) {
        const dim = (dims ?? []).map((dimValue) => ({ dimValue }));
        graph.input?.unshift({ name: name ?? '', type: { tensorType: { elemType: 1, shape: { dim } } } });
      }
    }, buildModel(irisModel()));
    const { signature } = await read(bytes);
    assert.deepEqual(
      signature.inputs.map(({ name }) => name),
      ['features'],
    );
  });

  it('needs no default operator set, and leaves domains it does not know to the runtime', async () => {
    const custom = await read(
      mutatedModel((model) => {
        model.opsetImport = [{ domain: 'com.example', version: 3 }];
      }),
    );
    assert.deepEqual([custom.opset, custom.opsetImports.get('com.example')], [0, 3]);
    const alias = await read(
      mutatedModel((model) => {
        model.opsetImport = [{ domain: 'ai.onnx', version: 17 }];
      }),
    );
    assert.equal(alias.opset, 17);
    const old = await read(
      mutatedModel((model) => {
        model.irVersion = 2;
        model.opsetImport = [];
      }),
    );
    assert.equal(old.opset, 1);
  });

  it('jumps over weights of gigabytes instead of reading them', async () => {
    const { open } = await import('node:fs/promises');
    // graph { initializer { name: "w", raw_data: 1.9 GB } … } without ever writing the 1.9 GB: a sparse file.
    const size = 1_900_000_000;
    const small = buildModel(identityModel());
    const model = onnx.ModelProto.decode(small);
    const graph = Buffer.from(onnx.GraphProto.encode(graphIn(model)).finish());
    model.graph = null;
    const rest = Buffer.from(onnx.ModelProto.encode(model).finish());
    const head = (tag: number, length: number): Buffer => Buffer.from([tag, ...varint(length)]);
    const rawData = head((9 << 3) | 2, size);
    const name = Buffer.from([(8 << 3) | 2, 1, 0x77]);
    const initializer = head((5 << 3) | 2, name.length + rawData.length + size);
    const graphLength = initializer.length + name.length + rawData.length + size + graph.length;
    const start = Buffer.concat([rest, head((7 << 3) | 2, graphLength), initializer, name, rawData]);
    const path = `${folder.path}/huge.onnx`;
    const file = await open(path, 'w');
    await file.write(start, 0, start.length, 0);
    await file.write(graph, 0, graph.length, start.length + size);
    await file.close();
    const before = process.memoryUsage();
    const { signature } = await readModelFile(path);
    const after = process.memoryUsage();
    assert.equal(signature.inputs[0]?.name, 'x');
    assert.ok(after.arrayBuffers - before.arrayBuffers < 4_000_000, 'the weights were not read into memory');
  });

  it('stops when it is told to', async () => {
    await assert.rejects(read(buildModel(identityModel()), AbortSignal.abort()), withCode('ABORTED'));
  });
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
