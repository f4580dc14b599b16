import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnx } from 'onnx-proto';
import { buildModel, dataTypes, graphOf, type ModelSpec } from './onnx-models';
import { graphIn, mutatedModel } from './onnx-mutations';

const folder = join(__dirname, '..', 'fixtures', 'zipmap');

/** Exports of scikit-learn, LightGBM and XGBoost, see `scripts/make-zipmap-models.py`; each `-plain` has no ZipMap. */
export const zipMapFixtures = [
  'logistic-text',
  'logistic-binary',
  'forest-numbers',
  'bayes-text',
  'svm-numbers',
  'lightgbm-binary',
  'lightgbm-multi',
  'xgboost-binary',
  'xgboost-multi',
] as const;

/** What the Python runtime answers to the original file, row by row. */
export interface Expected {
  readonly payload: readonly (readonly number[] | Readonly<Record<string, unknown>>)[];
  readonly labels: readonly (string | number)[];
  /** The dictionaries of ZipMap as pairs, in their order. */
  readonly probabilities: readonly (readonly (readonly [string | number, number])[])[];
}

/** Of scores: another processor may round the last digit of a float32 the other way. */
const TOLERANCE = 1e-5;

/** The same keys, lengths and texts, and numbers that differ by no more than the rounding of float32. */
export function assertAlike(actual: unknown, expected: unknown, where = 'the answer'): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= TOLERANCE, `${where} is ${actual}, not ${expected}`);
  } else if (isObject(actual) && isObject(expected)) {
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), where);
    for (const [key, value] of Object.entries(expected)) assertAlike(actual[key], value, `${where}.${key}`);
  } else assert.deepEqual(actual, expected, where);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Bytes of an exported model, by its name without `.onnx`. */
export function exportedModel(name: string): Promise<Buffer> {
  return readFile(join(folder, `${name}.onnx`));
}

export async function expectedOf(name: string): Promise<Expected> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Expected;
}

/** The classes of a model in the order of its scores, as labels. */
export function classesOf({ probabilities: [row = []] }: Expected): string[] {
  return row.map(([key]) => String(key));
}

export interface ZipMapOptions {
  /** Texts or numbers; default `a`, `b`, `c`. */
  readonly classes?: readonly string[] | readonly number[];
  /** Of the scores, default: not declared. */
  readonly declared?: ModelSpec['outputs'][number];
  readonly mutate?: (model: onnx.ModelProto, graph: onnx.IGraphProto) => void;
}

/** The type of what ZipMap gives. */
export function mapList(keyType: number = dataTypes.string, valueType: number = dataTypes.float32): onnx.ITypeProto {
  const value = { tensorType: { elemType: valueType, shape: {} } };
  return { sequenceType: { elemType: { mapType: { keyType, valueType: value } } } };
}

/** Makes the one output of a graph a list of dictionaries of `scores`. */
export function addZipMap(
  graph: onnx.IGraphProto,
  scores: string,
  output: string,
  classes: readonly string[] | readonly number[],
): void {
  const areTexts = typeof classes[0] === 'string';
  const node = graphOf({
    nodes: [
      {
        op: 'ZipMap',
        domain: 'ai.onnx.ml',
        inputs: [scores],
        outputs: [output],
        attributes: { [areTexts ? 'classlabels_strings' : 'classlabels_int64s']: classes },
      },
    ],
    inputs: [],
    outputs: [],
  }).node;
  graph.node?.push(...(node ?? []));
  graph.output = [{ name: output, type: mapList(areTexts ? dataTypes.string : dataTypes.int64) }];
}

/** `scores = softmax(x)` of [N,3], and dictionaries `maps` of them, as exporters write it. */
export function zipMapModel({ classes = ['a', 'b', 'c'], declared, mutate }: ZipMapOptions = {}): Buffer {
  const spec: ModelSpec = {
    nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['scores'], attributes: { axis: 1 } }],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
    outputs: declared ? [declared] : [],
  };
  return mutatedModel((model) => {
    const graph = graphIn(model);
    model.opsetImport.push(onnx.OperatorSetIdProto.create({ domain: 'ai.onnx.ml', version: 1 }));
    graph.valueInfo = graph.output ?? [];
    addZipMap(graph, 'scores', 'maps', classes);
    mutate?.(model, graph);
  }, buildModel(spec));
}
