import { invalidModel, quoted } from '../invalid-model';
import type { Signature, TensorInfo } from '../signature';
import { type Direction, readValueInfo, readValueName } from './value-info';
import { fieldSet, type Span, type WireReader } from './wire-reader';

export const GraphField = {
  node: 1,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
} as const;

/** Inputs plus outputs; keeps a version's document small. */
const MAX_VALUE_COUNT = 4_096;
/** Of all inputs or all outputs together. */
const MAX_NAMES_LENGTH = 16 * 1024 * 1024;
const MAX_WEIGHT_NAME_BYTES = 64 * 1024;
/** Each level takes three of the hundred message levels that protobuf readers allow. */
export const MAX_DEPTH = 32;
const EXTERNAL = 1;

const Node = { attribute: 5 } as const;
const Attribute = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 } as const;
const SparseTensor = { values: 1, indices: 2 } as const;
const Tensor = { name: 8, externalData: 13, dataLocation: 14 } as const;
const FunctionField = { node: 7, attributeDefault: 11 } as const;

/**
 * The signature of a graph, and the promise that all its weights are in the file. Weights that are also listed among
 * the inputs (as files before IR version 4 must) are no inputs.
 * @throws {ModelManagementError} `INVALID_MODEL`
 */
export async function readGraph(reader: WireReader, graph: Span): Promise<Signature> {
  const inputs = await readPlaces(reader, graph, 'input');
  const outputs = await readPlaces(reader, graph, 'output');
  await checkGraph(reader, graph, 0, (weight) => inputs.delete(weight));
  if (outputs.size === 0) throw refuse('The model has no outputs.', 'Export a model that gives at least one tensor.');
  return { inputs: await readValues(reader, inputs, 'input'), outputs: await readValues(reader, outputs, 'output') };
}

/** The bodies of the model's own functions may hold tensors too, and so may the defaults of their attributes. */
export async function checkFunction(reader: WireReader, message: Span): Promise<void> {
  for await (const field of reader.fields(message, fieldSet(...Object.values(FunctionField)))) {
    const part = reader.span(field, 'a part of a function');
    await (field.number === FunctionField.node ? checkNode : checkAttribute)(reader, part, 0);
  }
}

async function readPlaces(reader: WireReader, graph: Span, direction: Direction): Promise<Map<string, Span>> {
  const places = new Map<string, Span>();
  const number = direction === 'input' ? GraphField.input : GraphField.output;
  // Old files list their weights as inputs: as many as they like, as long as they turn out to be weights.
  let count = 0;
  let nameLength = 0;
  for await (const field of reader.fields(graph, fieldSet(number))) {
    const place = reader.span(field, `an ${direction}`);
    const name = await readValueName(reader, place, direction);
    if (places.has(name)) throw refuse(`The model has two ${direction}s named ${quoted(name)}.`, 'Give each its name.');
    nameLength += name.length;
    if (++count > 16 * MAX_VALUE_COUNT) throw tooMany(direction);
    if (nameLength > MAX_NAMES_LENGTH) throw refuse(`The names of the ${direction}s are too long.`, 'Shorten them.');
    places.set(name, { start: place.start, end: place.end });
  }
  return places;
}

async function readValues(
  reader: WireReader,
  places: ReadonlyMap<string, Span>,
  direction: Direction,
): Promise<readonly TensorInfo[]> {
  if (places.size > MAX_VALUE_COUNT) throw tooMany(direction);
  const values: TensorInfo[] = [];
  for (const place of places.values()) values.push(await readValueInfo(reader, place, direction));
  return values;
}

async function checkGraph(
  reader: WireReader,
  graph: Span,
  depth: number,
  onWeight: (name: string) => void,
): Promise<void> {
  if (depth > MAX_DEPTH) {
    throw refuse(`The graph is nested more than ${MAX_DEPTH} levels deep.`, 'Flatten its If, Loop and Scan nodes.');
  }
  const wanted = fieldSet(GraphField.node, GraphField.initializer, GraphField.sparseInitializer);
  for await (const field of reader.fields(graph, wanted)) {
    const part = reader.span(field, 'a part of the graph');
    if (field.number === GraphField.node) await checkNode(reader, part, depth);
    else if (field.number === GraphField.initializer) onWeight(await checkTensor(reader, part));
    else onWeight(await checkSparseTensor(reader, part));
  }
}

async function checkNode(reader: WireReader, node: Span, depth: number): Promise<void> {
  for await (const field of reader.fields(node, fieldSet(Node.attribute))) {
    await checkAttribute(reader, reader.span(field, 'an attribute'), depth);
  }
}

async function checkAttribute(reader: WireReader, attribute: Span, depth: number): Promise<void> {
  for await (const field of reader.fields(attribute, fieldSet(...Object.values(Attribute)))) {
    const part = reader.span(field, 'an attribute');
    switch (field.number) {
      case Attribute.graph:
      case Attribute.graphs:
        await checkGraph(reader, part, depth + 1, () => undefined);
        break;
      case Attribute.sparseTensor:
      case Attribute.sparseTensors:
        await checkSparseTensor(reader, part);
        break;
      default:
        await checkTensor(reader, part);
    }
  }
}

async function checkSparseTensor(reader: WireReader, message: Span): Promise<string> {
  let name = '';
  for await (const field of reader.fields(message, fieldSet(SparseTensor.values, SparseTensor.indices))) {
    const tensor = await checkTensor(reader, reader.span(field, 'a sparse weight'));
    if (field.number === SparseTensor.values) name = tensor;
  }
  return name;
}

/** The tensor's name. */
async function checkTensor(reader: WireReader, message: Span): Promise<string> {
  let name = '';
  let isExternal = false;
  for await (const field of reader.fields(message, fieldSet(...Object.values(Tensor)))) {
    if (field.number === Tensor.name) name = await reader.text(field, MAX_WEIGHT_NAME_BYTES, 'the name of a weight');
    else if (field.number === Tensor.externalData) isExternal = true;
    else isExternal ||= (await reader.integer(field, 'the place of a weight')) === EXTERNAL;
  }
  if (isExternal) {
    throw refuse(
      `The weight ${quoted(name)} lies in another file (external data).`,
      'Save the model as one file: onnx.save_model(onnx.load(path), path, save_as_external_data=False); torch.onnx.export has external_data=False.',
    );
  }
  return name;
}

function tooMany(direction: Direction): Error {
  return refuse(`The model has more than ${MAX_VALUE_COUNT} ${direction}s.`, 'Join them into fewer tensors.');
}

function refuse(message: string, hint: string): Error {
  return invalidModel('checked', message, hint);
}
