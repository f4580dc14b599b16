import { GraphField } from './graph';
import { openModelFile, readOpset } from './model-file';
import { type GraphNode, readNode } from './node';
import { readSmallTensor, readWholeNumbers } from './node-constants';
import { type RowNode, type RowValue, rowRules } from './row-rules';
import { readValueInfo, readValueName } from './value-info';
import { fieldSet, type Span, type WireReader } from './wire-reader';

const Model = { graph: 7, opsetImport: 8 } as const;
/** A larger graph is not followed. */
const MAX_VALUE_COUNT = 100_000;

/** Give something else at every call. */
const RANDOM = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);
/** Tell of a value how large it is, and nothing of its rows. */
const SIZES = new Set(['Shape', 'Size']);

/** What flows through a graph, by name. */
interface Flow {
  readonly rows: Map<string, RowValue>;
  /** Small constants. */
  readonly numbers: Map<string, readonly number[]>;
}

/**
 * Where in a model the rows of a batch may meet: what the graph says of it, whatever the values are. A trial with some
 * inputs cannot show that, since rows may meet only beyond a limit. Every operator must be known to keep rows apart,
 * so that a new one counts as a place where they meet.
 *
 * @returns for people, `ReduceMax "highest"`; undefined = every row of every output comes from the same row of the inputs
 * @throws {ModelManagementError} as `readModelFile`
 */
export function findRowMixing(path: string, signal?: AbortSignal): Promise<string | undefined> {
  return openModelFile(path, signal, async (reader, whole) => {
    let opset = 1;
    let graph: Span | undefined;
    for await (const field of reader.fields(whole, fieldSet(Model.graph, Model.opsetImport))) {
      const part = reader.span(field, 'a part of the model');
      if (field.number === Model.graph) {
        graph = part;
        continue;
      }
      const [domain, version] = await readOpset(reader, part);
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }
    return graph && (await mixingIn(reader, graph, opset));
  });
}

async function mixingIn(reader: WireReader, graph: Span, opset: number): Promise<string | undefined> {
  const flow = await readBeginning(reader, graph);
  for await (const field of reader.fields(graph, fieldSet(GraphField.node))) {
    const place = reader.span(field, 'a node');
    const node = await readNode(reader, place);
    if (flow.rows.size + flow.numbers.size > MAX_VALUE_COUNT) return 'a graph too large to follow';
    if (!(await passes(reader, place, node, opset, flow))) return nameOf(node);
  }
  for await (const field of reader.fields(graph, fieldSet(GraphField.output))) {
    const name = await readValueName(reader, reader.span(field, 'an output'), 'output');
    if (flow.rows.get(name)?.axis !== 0) return `the output ${JSON.stringify(name)}`;
  }
  return undefined;
}

function nameOf({ opType, outputs }: GraphNode): string {
  return `${opType} ${JSON.stringify(outputs[0] ?? '')}`;
}

/** What holds before the first node. Weights that are listed among the inputs are no inputs. */
async function readBeginning(reader: WireReader, graph: Span): Promise<Flow> {
  const rows = new Map<string, RowValue>();
  const numbers = new Map<string, readonly number[]>();
  for await (const field of reader.fields(graph, fieldSet(GraphField.input))) {
    const { name, shape } = await readValueInfo(reader, reader.span(field, 'an input'), 'input');
    rows.set(name, { axis: 0, rank: shape?.length });
  }
  for await (const field of reader.fields(graph, fieldSet(GraphField.initializer))) {
    const weight = await readSmallTensor(reader, reader.span(field, 'a weight'));
    rows.delete(weight.name);
    if (weight.numbers) numbers.set(weight.name, weight.numbers);
  }
  return { rows, numbers };
}

/** Follows the rows through a node; false where they may meet. */
async function passes(
  reader: WireReader,
  place: Span,
  node: GraphNode,
  opset: number,
  { rows, numbers }: Flow,
): Promise<boolean> {
  const domain = node.domain === 'ai.onnx' ? '' : node.domain;
  if (domain === '' && RANDOM.has(node.opType)) return false;
  if (domain === '' && SIZES.has(node.opType)) return true;
  const rule = rowRules.get(domain)?.get(node.opType);
  const inputs = node.inputs.map((name) => (name === '' ? undefined : rows.get(name)));
  const isConstant = domain === '' && node.opType === 'Constant';
  if (inputs.every((value) => value === undefined) && !isConstant) {
    // What an unknown node or one with a graph inside reads beside its inputs is not to be seen here.
    return rule !== undefined || (domain === '' && WITHOUT_ROWS.has(node.opType));
  }
  const attributes = await readWholeNumbers(reader, place);
  if (isConstant) {
    const [output = ''] = node.outputs;
    const value = attributes.get('value') ?? attributes.get('value_ints') ?? attributes.get('value_int');
    if (value) numbers.set(output, value);
    return true;
  }
  const view: RowNode = {
    opType: node.opType,
    opset,
    inputs,
    outputCount: node.outputs.filter((name) => name !== '').length,
    ints: (name) => attributes.get(name),
    constant: (input) => numbers.get(node.inputs[input] ?? ''),
    isGiven: (input) => (node.inputs[input] ?? '') !== '',
  };
  const found = rule?.(view);
  if (!found) return false;
  const values = 'axis' in found ? node.outputs.map(() => found) : found;
  for (const [index, name] of node.outputs.entries()) {
    const value = values[index];
    if (name !== '' && value) rows.set(name, value);
  }
  return true;
}

/** Beside those that have a rule: make sizes and constants of others. */
const WITHOUT_ROWS = new Set(['ConstantOfShape', 'EyeLike', 'GatherND', 'NonZero', 'Range', 'ReduceSum', 'ScatterND']);
