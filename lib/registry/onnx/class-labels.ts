import type { Signature, TensorInfo } from '../signature';
import { GraphField } from './graph';
import { type ClassList, ML_DOMAIN, readClassList, readNode } from './node';
import { fieldSet, type Span, type WireReader } from './wire-reader';

const CLASSIFIERS: ReadonlySet<string> = new Set(['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier']);
/** On the way from the classifier to the outputs; a real model has a handful. */
const MAX_REACHED_COUNT = 10_000;

/**
 * The class names that a classifier of `ai.onnx.ml` carries, in the order of the scores: where the graph has exactly
 * one, whose scores lead to exactly one output of floats. Undefined where that is not certain: another number of
 * columns, or numbers as classes while the model answers with texts (exporters number the classes then, and map).
 */
export async function readClassLabels(
  reader: WireReader,
  graph: Span,
  { outputs }: Signature,
): Promise<readonly string[] | undefined> {
  let classes: ClassList | undefined;
  const reached = new Set<string>();
  // A graph is written in the order in which it runs, so one pass sees all that comes after the classifier.
  for await (const field of reader.fields(graph, fieldSet(GraphField.node))) {
    const node = await readNode(reader, reader.span(field, 'a node'));
    if (node.domain === ML_DOMAIN && CLASSIFIERS.has(node.opType)) {
      if (classes) return undefined;
      classes = await readClassList(reader, field);
      const [, scores] = node.outputs;
      if (!classes || !scores) return undefined;
      reached.add(scores);
    } else if (node.inputs.some((name) => reached.has(name))) {
      for (const name of node.outputs) reached.add(name);
      if (reached.size > MAX_REACHED_COUNT) return undefined;
    }
  }
  const scores = outputs.filter((output) => output.type === 'float32' && reached.has(output.name));
  const [only] = scores;
  if (!classes || !only || scores.length > 1 || !isAsWide(only, classes.names.length)) return undefined;
  if (classes.areNumbers && outputs.some(({ type }) => type === 'string')) return undefined;
  return classes.names;
}

function isAsWide({ shape }: TensorInfo, classCount: number): boolean {
  const width = shape?.at(-1);
  return shape === null || (shape.length === 2 && (typeof width !== 'number' || width === classCount));
}
