import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { onnx } from 'onnx-proto';
import { readModelFile } from '../../../../lib/registry';
import { splicedFile } from '../../../../lib/registry/onnx/file-splice';
import { findZipMap, type ZipMapRemoval } from '../../../../lib/registry/onnx/zip-map';
import type { Dimension, TensorType } from '../../../../lib/registry/signature';
import { buildModel, irisModel } from '../../../support/onnx-models';
import { graphIn, mutatedModel } from '../../../support/onnx-mutations';
import { bytesField } from '../../../support/protobuf';
import { withCode } from '../../../support/registry-lab';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';
import {
  classesOf,
  expectedOf,
  exportedModel,
  mapList,
  type ZipMapOptions,
  zipMapFixtures,
  zipMapModel,
} from '../../../support/zip-map-models';

describe('a ZipMap at the end of a model', () => {
  let folder: TemporaryFolder;
  let path: string;
  before(async () => {
    folder = await temporaryFolder();
    path = `${folder.path}/model.onnx`;
  });
  after(() => folder[Symbol.asyncDispose]());

  const find = async (bytes: Buffer): Promise<ZipMapRemoval | undefined> => {
    await writeFile(path, bytes);
    return findZipMap(path);
  };
  /** The file without it. */
  const removed = async (bytes: Buffer): Promise<Buffer> => {
    const removal = (await find(bytes)) ?? assert.fail('no ZipMap was found');
    return buffer(splicedFile(path, removal.splices));
  };
  const read = async (bytes: Buffer) => {
    await writeFile(path, bytes);
    return readModelFile(path);
  };

  for (const name of [...zipMapFixtures, 'columns', 'scaled', 'catboost']) {
    it(`of the export ${name} gives way to the scores, and its classes are kept`, async () => {
      const original = await exportedModel(name);
      const { labels, change } = (await find(original)) ?? assert.fail('no ZipMap was found');
      assert.deepEqual(labels, classesOf(await expectedOf(name)));
      const { signature } = await read(await removed(original));
      const [first, second] = signature.outputs;
      assert.equal(first?.name, onnx.ModelProto.decode(original).graph?.output?.[0]?.name);
      // Only CatBoost declares the scores, with a name for the rows.
      const rows = name === 'catboost' ? 'N' : null;
      assert.deepEqual(second, { name: change.tensor, type: 'float32', shape: [rows, labels.length] });
    });
  }

  it('is not found where there is none', async () => {
    for (const name of zipMapFixtures) assert.equal(await find(await exportedModel(`${name}-plain`)), undefined);
    assert.equal(await find(buildModel(irisModel())), undefined);
  });

  it('is one also beside a function from a domain of its name', async () => {
    const mutate = (model: onnx.ModelProto): void => {
      model.functions.push(onnx.FunctionProto.create({ name: 'f', domain: 'ZipMap' }));
    };
    assert.deepEqual((await find(zipMapModel({ mutate })))?.labels, ['a', 'b', 'c']);
  });

  for (const { name, outputs } of [
    { name: 'more outputs than a model may have', outputs: Array.from({ length: 5_000 }, (_, n) => `y${n}`) },
    { name: 'an output with a name of five thousand letters', outputs: ['y'.repeat(5_000)] },
  ]) {
    it(`is not looked for among ${name}: they would have to be kept`, async () => {
      const tensor = { tensorType: { elemType: 1 } };
      const mutate = (_: unknown, graph: onnx.IGraphProto): void => {
        graph.output?.push(...outputs.map((output) => ({ name: output, type: tensor })));
      };
      assert.equal(await find(zipMapModel({ mutate })), undefined);
    });
  }

  it('takes nothing with it but its node, its output and the length of the graph', async () => {
    for (const name of zipMapFixtures) {
      const original = await exportedModel(name);
      const wanted = onnx.ModelProto.decode(original);
      const graph = graphIn(wanted);
      graph.node = graph.node?.filter(({ opType }) => opType !== 'ZipMap') ?? [];
      const own = onnx.ModelProto.decode(await removed(original));
      const [, scores] = graphIn(own).output ?? [];
      graph.output = [...(graph.output?.slice(0, 1) ?? []), scores ?? {}];
      assert.deepEqual(onnx.ModelProto.toObject(own), onnx.ModelProto.toObject(wanted));
    }
  });

  for (const { name, options, shape } of [
    { name: 'the number of classes, where nothing is declared', options: {}, shape: [null, 3] },
    {
      name: 'the declared shape',
      options: { declared: { name: 'scores', type: 'float32', shape: ['rows', 3] } },
      shape: ['rows', 3],
    },
    {
      name: 'the number of classes, where the declaration leaves it open',
      options: { declared: { name: 'scores', type: 'float32', shape: [7, 'classes'] } },
      shape: [7, 3],
    },
    {
      name: 'the number of classes, where the declaration has no shape',
      options: { declared: { name: 'scores', type: 'float32', shape: null } },
      shape: [null, 3],
    },
    {
      name: 'one row, where that is declared',
      options: { declared: { name: 'scores', type: 'float32', shape: [3] } },
      shape: [3],
    },
    {
      name: 'nothing of a declaration of something else',
      options: { declared: { name: 'other', type: 'float32', shape: [1, 2, 3, 4] } },
      shape: [null, 3],
    },
  ] satisfies readonly { name: string; options: ZipMapOptions; shape: unknown }[]) {
    it(`leaves an output of the shape of ${name}`, async () => {
      const { signature } = await read(await removed(zipMapModel(options)));
      assert.deepEqual(signature.outputs, [{ name: 'scores', type: 'float32', shape }]);
    });
  }

  it('keeps the numbers of classes exactly, also those JavaScript would round', async () => {
    const classes = ['-9223372036854775808', '9007199254740993', '-1'];
    const bytes = zipMapModel({
      classes: [0, 1, 2],
      // The encoder takes the text of a whole number; its types do not know.
      mutate: (_, graph) => setClasses(graph, { ints: classes as unknown as number[] }),
    });
    assert.deepEqual((await find(bytes))?.labels, classes);
  });

  it('lets the scores alone where they are an output already', async () => {
    const scores = { name: 'scores', type: { tensorType: { elemType: 1, shape: { dim: [{}, { dimValue: 3 }] } } } };
    const bytes = zipMapModel({ mutate: (_, graph) => graph.output?.push(scores) });
    const { signature } = await read(await removed(bytes));
    assert.deepEqual(signature.outputs, [{ name: 'scores', type: 'float32', shape: [null, 3] }]);
  });

  const node = (opType: string, input: string[], output: string[], more: onnx.INodeProto = {}): onnx.INodeProto => ({
    opType,
    input,
    output,
    ...more,
  });
  const declared = (type: TensorType, shape: readonly Dimension[]): ZipMapOptions => ({
    declared: { name: 'scores', type, shape },
  });
  const changed = (mutate: NonNullable<ZipMapOptions['mutate']>): ZipMapOptions => ({ mutate });
  const changedNode = (change: onnx.INodeProto): ZipMapOptions =>
    changed((_, graph) => Object.assign(zipMapNode(graph), change));
  const classes = (lists: onnx.IAttributeProto): ZipMapOptions => changed((_, graph) => setClasses(graph, lists));
  const texts = (...names: readonly string[]): Uint8Array[] => names.map((name) => Buffer.from(name));
  const body = (...nodes: onnx.INodeProto[]): onnx.INodeProto => ({
    attribute: [{ name: 'then_branch', g: { name: 'body', node: nodes } }],
  });

  for (const { name, options, words = /is a list of maps \(ZipMap\)/ } of [
    { name: 'two of them', options: changed((_, graph) => addSecond(graph)) },
    {
      name: 'an output that comes twice',
      options: changed((_, g) => g.output?.push({ ...g.output[0] })),
      words: /two outputs/,
    },
    { name: 'another domain', options: changedNode({ domain: 'com.example' }) },
    { name: 'another operator', options: changedNode({ opType: 'DictVectorizer' }) },
    { name: 'two inputs', options: changedNode({ input: ['scores', 'x'] }) },
    { name: 'no input', options: changedNode({ input: [] }) },
    { name: 'two outputs', options: changedNode({ output: ['maps', 'more'] }) },
    { name: 'itself as input', options: changedNode({ input: ['maps'] }) },
    { name: 'an input nobody gives', options: changedNode({ input: ['nobody'] }) },
    { name: 'an input of the model as its input', options: changedNode({ input: ['x'] }) },
    { name: 'no classes', options: changedNode({ attribute: [] }) },
    {
      name: 'classes twice',
      options: changedNode({
        attribute: [0, 1].map(() => ({ name: 'classlabels_strings', strings: texts('a', 'b', 'c') })),
      }),
    },
    { name: 'a class twice', options: classes({ strings: texts('a', 'b', 'a') }) },
    { name: 'a class without a name', options: classes({ strings: texts('a', '', 'c') }) },
    { name: 'a class that is no text', options: classes({ strings: [Buffer.from([0xff]), ...texts('b', 'c')] }) },
    { name: 'a class with a name too long', options: classes({ strings: texts('a'.repeat(5_000), 'b', 'c') }) },
    {
      name: 'classes without end',
      options: classes({ strings: texts(...Array.from({ length: 10_002 }, (_, n) => `${n}`)) }),
    },
    { name: 'texts and numbers', options: classes({ ints: [1, 2, 3] }) },
    { name: 'numbers where the output says texts', options: classes({ strings: [], ints: [1, 2, 3] }) },
    {
      name: 'maps to float64',
      options: changed((_, g) => Object.assign(g.output?.[0] ?? {}, { type: mapList(8, 11) })),
    },
    { name: 'maps by int32', options: changed((_, g) => Object.assign(g.output?.[0] ?? {}, { type: mapList(6) })) },
    {
      name: 'a second node that gives the maps',
      options: changed((_, g) => g.node?.push(node('Identity', ['x'], ['maps']))),
    },
    {
      name: 'a second node that gives the scores',
      options: changed((_, g) => g.node?.push(node('Identity', ['x'], ['scores']))),
    },
    {
      name: 'a node that reads the maps',
      options: changed((_, g) => g.node?.push(node('SequenceLength', ['maps'], ['n']))),
    },
    {
      name: 'a branch that reads the maps',
      options: changed((_, g) =>
        g.node?.push(
          node('If', ['x'], ['n'], body(node('If', ['x'], ['n'], body(node('SequenceLength', ['maps'], ['n']))))),
        ),
      ),
    },
    {
      name: 'a place inside a branch',
      options: changed((_, g) => (g.node = [node('If', ['x'], ['maps'], body(zipMapNode(g)))])),
    },
    {
      name: 'another meaning',
      options: changed((model) =>
        model.functions.push(onnx.FunctionProto.create({ name: 'ZipMap', domain: 'ai.onnx.ml' })),
      ),
    },
    {
      name: 'scores that are an input',
      options: changed((_, g) => g.input?.push({ name: 'scores', type: { tensorType: { elemType: 1 } } })),
    },
    {
      name: 'scores that are a weight',
      options: changed((_, g) => g.initializer?.push({ name: 'scores', dataType: 1 })),
    },
    { name: 'scores of another type', options: declared('float64', ['N', 3]) },
    { name: 'scores of another width', options: declared('float32', ['N', 4]) },
    { name: 'scores of rank 3', options: declared('float32', ['N', 1, 3]) },
    { name: 'scores without dimensions', options: declared('float32', []) },
    {
      name: 'scores declared twice',
      options: {
        ...declared('float32', ['N', 3]),
        mutate: (_: unknown, g: onnx.IGraphProto) => void g.valueInfo?.push({ ...g.valueInfo[0] }),
      },
    },
  ] satisfies readonly { name: string; options: ZipMapOptions; words?: RegExp }[] as readonly {
    name: string;
    options: ZipMapOptions;
    words?: RegExp;
  }[]) {
    it(`stays, and is refused, with ${name}`, async () => {
      const bytes = zipMapModel(options);
      assert.equal(await find(bytes), undefined);
      await assert.rejects(read(bytes), (error) => withCode('INVALID_MODEL')(error) && words.test(String(error)));
    });
  }

  it('stays, and is refused, with two graphs', async () => {
    const bytes = Buffer.concat([zipMapModel(), zipMapModel()]);
    assert.equal(await find(bytes), undefined);
    await assert.rejects(read(bytes), /two graphs/);
  });

  it('is found wherever it stands, and fields nobody knows stay byte for byte', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 6 }),
        fc.nat({ max: 6 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.boolean(),
        async (before, at, unknown, isLast) => {
          const known = zipMapModel({
            mutate: (_, graph) => {
              const others = Array.from({ length: before }, (_, n) => node('Identity', ['x'], [`other${n}`]));
              const [softmax = {}, zipMap = {}] = graph.node ?? [];
              others.splice(Math.min(at, before), 0, zipMap);
              graph.node = [softmax, ...others];
            },
          });
          const field = bytesField(100, Buffer.from(unknown));
          const graph = Buffer.from(onnx.GraphProto.encode(graphIn(onnx.ModelProto.decode(known))).finish());
          const rest = mutatedModel((model) => (model.graph = null), known);
          const graphField = bytesField(7, Buffer.concat(isLast ? [graph, field] : [field, graph]));
          const bytes = Buffer.concat(isLast ? [rest, graphField, field] : [field, graphField, rest]);
          const result = await removed(bytes);
          assert.equal(result.indexOf(isLast ? rest : field), 0);
          assert.equal(result.subarray(-(isLast ? field : rest).length).equals(isLast ? field : rest), true);
          assert.equal(result.includes(field), true);
          const { node: nodes, output } = graphIn(onnx.ModelProto.decode(result));
          assert.deepEqual(
            nodes?.map(({ opType }) => opType),
            ['Softmax', ...Array.from({ length: before }, () => 'Identity')],
          );
          assert.deepEqual(
            output?.map(({ name }) => name),
            ['scores'],
          );
          assert.equal((await read(result)).signature.inputs.length, 1);
        },
      ),
    ));

  it('never makes a file that cannot be read of one whose bytes were changed', async () => {
    const models = [zipMapModel(), await exportedModel('columns'), await exportedModel('svm-numbers')];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...models),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
        async (model, flips) => {
          const bytes = Buffer.from(model);
          for (const [at, mask] of flips)
            bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ mask, at % bytes.length);
          try {
            const removal = await find(bytes);
            if (!removal) return;
            const { signature } = await read(await buffer(splicedFile(path, removal.splices)));
            assert.ok(
              signature.outputs.some(
                ({ type, shape }) => type === 'float32' && shape?.at(-1) === removal.labels.length,
              ),
            );
          } catch (error) {
            withCode('INVALID_MODEL')(error);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

function zipMapNode(graph: onnx.IGraphProto): onnx.INodeProto {
  return graph.node?.find(({ opType }) => opType === 'ZipMap') ?? assert.fail('the graph has no ZipMap');
}

/** Another ZipMap of the same scores. */
function addSecond(graph: onnx.IGraphProto): void {
  graph.node?.push({ ...zipMapNode(graph), output: ['again'] });
  graph.output?.push({ name: 'again', type: mapList() });
}

function setClasses(graph: onnx.IGraphProto, lists: onnx.IAttributeProto): void {
  Object.assign(zipMapNode(graph).attribute?.[0] ?? {}, lists);
}
