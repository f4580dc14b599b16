import type { Dimension } from '../signature';
import type { ModelChange } from '../types';
import { growthBytes, type Splice } from './file-splice';
import { GraphField, MAX_DEPTH } from './graph';
import { openModelFile } from './model-file';
import { type ClassList, type GraphNode, ML_DOMAIN, NodeField, readClassList, readNode } from './node';
import { floatValueInfo, type MapOutput, readMapOutput, readValueInfo } from './value-info';
import { type Field, fieldSet, type Span, type WireReader } from './wire-reader';
import { bytesField, bytesHead } from './wire-writer';

const Model = { graph: 7, function: 25 } as const;
const Attribute = { graph: 6, graphs: 11 } as const;
const SparseTensor = { values: 1 } as const;
const Tensor = { name: 8 } as const;
const FunctionField = { name: 1, domain: 10 } as const;
const MAX_OUTPUT_COUNT = 4_096;
const MAX_OUTPUT_NAME_LENGTH = 4_096;
const MAX_NAME_BYTES = 64 * 1024;
const ZIP_MAP = 'ZipMap';

/** What has to be done to a file so that it runs without its ZipMap, and what the ZipMap knew. */
export interface ZipMapRemoval {
  readonly splices: readonly Splice[];
  /** The classes, in the order of the scores. */
  readonly labels: readonly string[];
  readonly change: ModelChange;
}

interface ZipMap {
  readonly field: Field;
  /** The scores it takes. */
  readonly tensor: string;
  readonly classes: ClassList;
}

/** What the rest of the graph says of the scores. */
interface ScoresFacts {
  readonly isOutput: boolean;
  readonly declared?: Span;
}

/**
 * Finds the ZipMap that makes dictionaries of a classifier's scores, as exporters put it at the end of the graph.
 * Undefined where there is none, and wherever the file leaves any doubt: several of them, one inside another graph,
 * one that something else reads, names that come twice, scores of another type. Reading such a file then says why it
 * cannot be used.
 * @throws {ModelManagementError} as `readModelFile`
 */
export function findZipMap(path: string, signal?: AbortSignal): Promise<ZipMapRemoval | undefined> {
  return openModelFile(path, signal, async (reader, whole) => {
    const graph = await onlyGraph(reader, whole);
    const output = graph && (await onlyMapOutput(reader, graph));
    const zipMap = output && (await onlyProducer(reader, graph, output));
    if (!zipMap || !(await isOnlyLink(reader, graph, zipMap, output.name))) return undefined;
    const facts = await scoresFacts(reader, graph, zipMap.tensor, output.name);
    const shape = facts && (await scoresShape(reader, facts, zipMap));
    if (!shape) return undefined;
    return removal(graph, output, zipMap, facts, shape);
  });
}

function removal(
  graph: Field,
  output: MapOutput,
  { field, tensor, classes }: ZipMap,
  { isOutput }: ScoresFacts,
  shape: readonly Dimension[],
): ZipMapRemoval {
  const inside: readonly Splice[] = [
    { start: field.at, end: field.end, bytes: Buffer.alloc(0) },
    {
      start: output.field.at,
      end: output.field.end,
      bytes: isOutput ? Buffer.alloc(0) : bytesField(GraphField.output, floatValueInfo(tensor, shape)),
    },
  ];
  const head = bytesHead(Model.graph, graph.end - graph.start + growthBytes(inside));
  const splices = [{ start: graph.at, end: graph.start, bytes: head }, ...inside].sort((a, b) => a.start - b.start);
  return { splices, labels: classes.names, change: { kind: 'zipMapRemoved', output: output.name, tensor } };
}

/** The model's one graph; undefined also where a function of the model's own gives the name ZipMap another meaning. */
async function onlyGraph(reader: WireReader, whole: Span): Promise<Field | undefined> {
  let graph: Field | undefined;
  for await (const field of reader.fields(whole, fieldSet(Model.graph, Model.function))) {
    const part = reader.span(field, 'a part of the model');
    if (field.number === Model.function ? await isZipMapFunction(reader, part) : graph) return undefined;
    if (field.number === Model.graph) graph = field;
  }
  return graph;
}

async function isZipMapFunction(reader: WireReader, message: Span): Promise<boolean> {
  for await (const field of reader.fields(message, fieldSet(FunctionField.name))) {
    if ((await reader.text(field, MAX_NAME_BYTES, 'the name of a function')) === ZIP_MAP) return true;
  }
  return false;
}

async function onlyMapOutput(reader: WireReader, graph: Span): Promise<MapOutput | undefined> {
  let found: MapOutput | undefined;
  for await (const field of reader.fields(graph, fieldSet(GraphField.output))) {
    const output = await readMapOutput(reader, field);
    if (!output) continue;
    if (found) return undefined;
    found = output;
  }
  return found;
}

async function onlyProducer(reader: WireReader, graph: Span, output: MapOutput): Promise<ZipMap | undefined> {
  let found: { readonly field: Field; readonly node: GraphNode } | undefined;
  for await (const field of reader.fields(graph, fieldSet(GraphField.node))) {
    const node = await readNode(reader, reader.span(field, 'a node'));
    if (!node.outputs.includes(output.name)) continue;
    if (found) return undefined;
    found = { field, node };
  }
  if (!found || found.node.domain !== ML_DOMAIN || found.node.opType !== ZIP_MAP) return undefined;
  const { inputs, outputs } = found.node;
  const [tensor = ''] = inputs;
  if (inputs.length !== 1 || outputs.length !== 1 || tensor === '' || tensor === output.name) return undefined;
  const classes = await readClassList(reader, found.field);
  if (!classes || classes.areNumbers !== output.hasNumberKeys) return undefined;
  return { field: found.field, tensor, classes };
}

/** One node gives the scores, and nobody but the caller reads the dictionaries. */
async function isOnlyLink(reader: WireReader, graph: Span, { tensor }: ZipMap, output: string): Promise<boolean> {
  let producerCount = 0;
  for await (const field of reader.fields(graph, fieldSet(GraphField.node))) {
    const { outputs } = await readNode(reader, reader.span(field, 'a node'));
    producerCount += outputs.filter((name) => name === tensor).length;
    if (await readsName(reader, field, output, 0)) return false;
  }
  return producerCount === 1;
}

/** Also from the bodies of If, Loop and Scan: they see the names of the graph around them. */
async function readsName(reader: WireReader, node: Span, name: string, depth: number): Promise<boolean> {
  if (depth > MAX_DEPTH) return true;
  for await (const field of reader.fields(node, fieldSet(NodeField.input, NodeField.attribute))) {
    const part = reader.span(field, 'a part of a node');
    if (field.number === NodeField.input) {
      if ((await reader.text(field, MAX_NAME_BYTES, 'the name of an input')) === name) return true;
      continue;
    }
    for await (const body of reader.fields(part, fieldSet(Attribute.graph, Attribute.graphs))) {
      for await (const inner of reader.fields(reader.span(body, 'a graph'), fieldSet(GraphField.node))) {
        if (await readsName(reader, reader.span(inner, 'a node'), name, depth + 1)) return true;
      }
    }
  }
  return false;
}

/** Undefined where an input or a weight has the name of the scores or of the output, or the file says things twice. */
async function scoresFacts(
  reader: WireReader,
  graph: Span,
  tensor: string,
  output: string,
): Promise<ScoresFacts | undefined> {
  let declared: Span | undefined;
  const outputs = new Set<string>();
  const { input, initializer, sparseInitializer, valueInfo } = GraphField;
  const wanted = fieldSet(input, GraphField.output, initializer, sparseInitializer, valueInfo);
  for await (const field of reader.fields(graph, wanted)) {
    const part = reader.span(field, 'a part of the graph');
    const name = await nameIn(reader, field.number, part);
    if (field.number === GraphField.output) {
      // No more than the signature may have, which is read later: a hostile file could have millions, and they are kept.
      if (outputs.has(name) || outputs.size >= MAX_OUTPUT_COUNT || name.length > MAX_OUTPUT_NAME_LENGTH)
        return undefined;
      outputs.add(name);
    } else if (field.number !== valueInfo) {
      if (name === tensor || name === output) return undefined;
    } else if (name === tensor) {
      if (declared) return undefined;
      declared = part;
    }
  }
  return { isOutput: outputs.has(tensor), ...(declared ? { declared } : {}) };
}

async function nameIn(reader: WireReader, number: number, part: Span): Promise<string> {
  const place =
    number === GraphField.sparseInitializer ? SparseTensor.values : number === GraphField.initializer ? Tensor.name : 1;
  let name = '';
  for await (const field of reader.fields(part, fieldSet(place))) {
    if (number !== GraphField.sparseInitializer) name = await reader.text(field, MAX_NAME_BYTES, 'a name in the graph');
    else name = await nameIn(reader, GraphField.initializer, reader.span(field, 'a sparse weight'));
  }
  return name;
}

/** As the file declares it, with the number of classes where it leaves that open; else any number of rows. */
async function scoresShape(
  reader: WireReader,
  { declared }: ScoresFacts,
  { classes }: ZipMap,
): Promise<readonly Dimension[] | undefined> {
  const count = classes.names.length;
  if (!declared) return [null, count];
  const { type, shape } = await readValueInfo(reader, declared, 'output');
  if (type !== 'float32') return undefined;
  if (!shape) return [null, count];
  const width = shape.at(-1);
  if (shape.length < 1 || shape.length > 2 || (typeof width === 'number' && width !== count)) return undefined;
  return [...shape.slice(0, -1), count];
}
