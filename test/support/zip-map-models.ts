import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnx } from 'onnx-proto';
import { buildModel, dataTypes, type ModelSpec } from './onnx-models';
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

/** `scores = softmax(x)` of [N,3], and dictionaries `maps` of them, as exporters write it. */
export function zipMapModel({ classes = ['a', 'b', 'c'], declared, mutate }: ZipMapOptions = {}): Buffer {
  const areTexts = typeof classes[0] === 'string';
  const attributes = { [areTexts ? 'classlabels_strings' : 'classlabels_int64s']: classes };
  const spec: ModelSpec = {
    nodes: [
      { op: 'Softmax', inputs: ['x'], outputs: ['scores'], attributes: { axis: 1 } },
      { op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['scores'], outputs: ['maps'], attributes },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
    outputs: [{ name: 'maps', type: 'float32', shape: null }],
  };
  return mutatedModel((model) => {
    const graph = graphIn(model);
    model.opsetImport.push(onnx.OperatorSetIdProto.create({ domain: 'ai.onnx.ml', version: 1 }));
    graph.output = [{ name: 'maps', type: mapList(areTexts ? dataTypes.string : dataTypes.int64) }];
    if (declared)
      graph.valueInfo = onnx.ModelProto.decode(buildModel({ ...spec, outputs: [declared] })).graph?.output ?? [];
    mutate?.(model, graph);
  }, buildModel(spec));
}
