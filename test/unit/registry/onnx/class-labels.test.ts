import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { onnx } from 'onnx-proto';
import { readModelFile } from '../../../../lib/registry';
import { buildModel, type ModelSpec, type NodeSpec, type ValueSpec } from '../../../support/onnx-models';
import { mutatedModel } from '../../../support/onnx-mutations';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';
import { classesOf, expectedOf, exportedModel, zipMapFixtures } from '../../../support/zip-map-models';

interface Classifier {
  readonly op?: string;
  readonly domain?: string;
  readonly attributes?: NodeSpec['attributes'];
  /** After the classifier; default: none, its scores are the output. */
  readonly nodes?: readonly NodeSpec[];
  readonly outputs?: readonly ValueSpec[];
  readonly metadata?: ModelSpec['metadata'];
}

const scores: ValueSpec = { name: 'scores', type: 'float32', shape: ['N', 2] };
const label: ValueSpec = { name: 'label', type: 'int64', shape: ['N'] };
const texts = { classlabels_strings: ['no', 'yes'] };
const numbers = { classlabels_ints: [3, 7] };

/** A model with a classifier between `x` and `label`, `scores`. */
function classifier({
  op = 'LinearClassifier',
  domain = 'ai.onnx.ml',
  attributes = numbers,
  nodes = [],
  outputs = [label, scores],
  metadata = {},
}: Classifier): Buffer {
  const first: NodeSpec = { op, domain, inputs: ['x'], outputs: ['label', 'scores'], attributes };
  const inputs: ValueSpec[] = [{ name: 'x', type: 'float32', shape: ['N', 4] }];
  return mutatedModel(
    ({ opsetImport }) => opsetImport.push(onnx.OperatorSetIdProto.create({ domain: 'ai.onnx.ml', version: 3 })),
    buildModel({ nodes: [first, ...nodes], inputs, outputs, metadata }),
  );
}

describe('class names of a classifier', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder[Symbol.asyncDispose]());

  const labelsIn = async (bytes: Buffer): Promise<readonly string[] | undefined> => {
    const path = `${folder.path}/model.onnx`;
    await writeFile(path, bytes);
    return (await readModelFile(path)).labels;
  };

  for (const name of zipMapFixtures) {
    // Of these two, only the ZipMap knows the names: the classifier is made of ordinary operators.
    const isKnown = name !== 'bayes-text';
    it(`are ${isKnown ? '' : 'not '}known in the export ${name} without ZipMap`, async () => {
      const classes = classesOf(await expectedOf(name));
      assert.deepEqual(await labelsIn(await exportedModel(`${name}-plain`)), isKnown ? classes : undefined);
    });
  }

  const behind = (op: string, output = 'final'): NodeSpec => ({ op, inputs: ['scores'], outputs: [output] });
  const final: ValueSpec = { ...scores, name: 'final' };
  for (const { name, model, labels } of [
    { name: 'texts', model: { attributes: texts }, labels: ['no', 'yes'] },
    { name: 'numbers', model: {}, labels: ['3', '7'] },
    {
      name: 'numbers of trees',
      model: { op: 'TreeEnsembleClassifier', attributes: { classlabels_int64s: [1, 0] } },
      labels: ['1', '0'],
    },
    { name: 'a support vector machine', model: { op: 'SVMClassifier' }, labels: ['3', '7'] },
    {
      name: 'a classifier with more nodes after it',
      model: {
        nodes: [behind('Softmax', 'a'), { op: 'Identity', inputs: ['a'], outputs: ['final'] }],
        outputs: [label, final],
      },
      labels: ['3', '7'],
    },
    {
      name: 'scores whose width is not told',
      model: { outputs: [{ ...scores, shape: ['N', 'C'] }] },
      labels: ['3', '7'],
    },
    { name: 'the classifier rather than the metadata', model: { metadata: { labels: 'a,b' } }, labels: ['3', '7'] },
    {
      name: 'the metadata where the classifier has none',
      model: { attributes: {}, metadata: { labels: 'a,b' } },
      labels: ['a', 'b'],
    },
    {
      name: 'the metadata where there is doubt',
      model: { op: 'Scaler', metadata: { labels: 'a,b' } },
      labels: ['a', 'b'],
    },
    { name: 'another number of scores', model: { outputs: [{ ...scores, shape: ['N', 3] }] }, labels: undefined },
    { name: 'scores that are no rows', model: { outputs: [{ ...scores, shape: ['N'] }] }, labels: undefined },
    {
      name: 'two outputs of scores',
      model: { nodes: [behind('Softmax')], outputs: [scores, final] },
      labels: undefined,
    },
    {
      name: 'an output the scores do not lead to',
      model: { nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['final'] }], outputs: [label, final] },
      labels: undefined,
    },
    {
      name: 'two classifiers',
      model: {
        nodes: [{ op: 'SVMClassifier', domain: 'ai.onnx.ml', inputs: ['x'], outputs: ['l', 's'], attributes: numbers }],
      },
      labels: undefined,
    },
    {
      name: 'numbers that stand for texts',
      model: { outputs: [{ ...label, type: 'string' }, scores] },
      labels: undefined,
    },
    {
      name: 'more classes than anybody names',
      model: { attributes: { classlabels_ints: Array.from({ length: 200_000 }, (_, n) => n) } },
      labels: undefined,
    },
    { name: 'a class twice', model: { attributes: { classlabels_ints: [3, 3] } }, labels: undefined },
    { name: 'classes twice', model: { attributes: { ...numbers, ...texts } }, labels: undefined },
    { name: 'another domain', model: { domain: 'com.example' }, labels: undefined },
  ] as readonly { name: string; model: Classifier; labels: readonly string[] | undefined }[]) {
    it(`are ${labels ? `"${labels.join('", "')}"` : 'not known'}: ${name}`, async () => {
      assert.deepEqual(await labelsIn(classifier(model)), labels);
    });
  }

  it('that are no text are no reason to refuse the model', async () => {
    const bytes = mutatedModel(
      (model) => {
        const [attribute] = model.graph?.node?.[0]?.attribute ?? [];
        Object.assign(attribute ?? {}, { strings: [Buffer.from([0xff]), Buffer.from('b')] });
      },
      classifier({ attributes: texts }),
    );
    assert.equal(await labelsIn(bytes), undefined);
  });
});
