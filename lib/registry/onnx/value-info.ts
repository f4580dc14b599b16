import { invalidModel, quoted } from '../invalid-model';
import type { Dimension, TensorInfo } from '../signature';
import { elementType } from './element-type';
import { type Field, fieldSet, type Span, type WireReader } from './wire-reader';
import { bytesField, integerField } from './wire-writer';

const MAX_NAME_BYTES = 4_096;
/** ONNX Runtime's own shapes stop far below. */
const MAX_RANK = 64;

const ValueInfo = { name: 1, type: 2 } as const;
const Type = { tensor: 1, sequence: 4, map: 5, opaque: 7, sparseTensor: 8, optional: 9 } as const;
const SEQUENCE_ELEMENT = 1;
const MapField = { key: 1, value: 2 } as const;
const Element = { float32: 1, int64: 7, string: 8 } as const;
const TensorTypeField = { elementType: 1, shape: 2 } as const;
const ShapeField = { dimension: 1 } as const;
const DimensionField = { value: 1, name: 2 } as const;

const CONVERT_HINT =
  'Change the model so that its inputs and outputs are tensors of float32, float64, float16, a whole-number type, bool or string (add a Cast node at the border), and export it again.';
const ZIPMAP_HINT =
  'Export it without ZipMap: with skl2onnx, pass options={id(model): {"zipmap": False}} to convert_sklearn (onnxmltools: zipmap=False); the output is then a float tensor [N, classes].';

export type Direction = 'input' | 'output';

/** The name alone, to find out whether an input is really a weight. */
export async function readValueName(reader: WireReader, message: Span, direction: Direction): Promise<string> {
  let name = '';
  for await (const field of reader.fields(message, fieldSet(ValueInfo.name))) {
    name = await reader.text(field, MAX_NAME_BYTES, `the name of an ${direction}`);
  }
  if (name === '') throw refuse(`An ${direction} of the model has no name.`, 'Export the model again.');
  return name;
}

/**
 * One input or output. Unknown rank (no shape at all) is null, a scalar (an empty shape) is `[]`: the runtime reports
 * both as `[]`, so only the file can tell.
 * @throws {ModelManagementError} `INVALID_MODEL` when it is not a tensor, or of a type that JavaScript cannot pass
 */
export async function readValueInfo(reader: WireReader, message: Span, direction: Direction): Promise<TensorInfo> {
  const name = await readValueName(reader, message, direction);
  const what = `${direction} ${quoted(name)}`;
  const type = await onlyField(reader, message, fieldSet(ValueInfo.type), `the type of ${what}`);
  if (!type) throw refuse(`The ${what} has no type.`, 'Export the model with types for all inputs and outputs.');
  const kind = await kindOf(reader, type, `the type of ${what}`);
  if (!kind) throw refuse(`The ${what} has no type.`, 'Export the model with types for all inputs and outputs.');
  if (kind.number !== Type.tensor) throw await notTensor(reader, kind, what);
  return { name, ...(await readTensorType(reader, reader.span(kind, what), what)) };
}

/** An output that is a list of maps to float32, as ZipMap gives it. */
export interface MapOutput {
  readonly field: Field;
  readonly name: string;
  /** Else they are texts. */
  readonly hasNumberKeys: boolean;
}

/** Undefined for everything else. */
export async function readMapOutput(reader: WireReader, field: Field): Promise<MapOutput | undefined> {
  const what = 'an output';
  const typeIn = (message: Span, number: number) => onlyField(reader, message, fieldSet(number), what);
  const type = await typeIn(reader.span(field, what), ValueInfo.type);
  const list = type && (await kindOf(reader, type, what));
  if (list?.number !== Type.sequence) return undefined;
  const element = await typeIn(list, SEQUENCE_ELEMENT);
  const map = element && (await kindOf(reader, element, what));
  if (map?.number !== Type.map) return undefined;
  const valueType = await typeIn(map, MapField.value);
  const value = valueType && (await kindOf(reader, valueType, what));
  if (value?.number !== Type.tensor) return undefined;
  if ((await numberIn(reader, value, TensorTypeField.elementType)) !== Element.float32) return undefined;
  const key = await numberIn(reader, map, MapField.key);
  if (key !== Element.int64 && key !== Element.string) return undefined;
  return { field, name: await readValueName(reader, field, 'output'), hasNumberKeys: key === Element.int64 };
}

async function numberIn(reader: WireReader, message: Span, number: number): Promise<number> {
  let value = 0;
  for await (const field of reader.fields(message, fieldSet(number))) {
    value = await reader.integer(field, 'an element type');
  }
  return value;
}

/** The message that declares a value as a tensor of float32. */
export function floatValueInfo(name: string, shape: readonly Dimension[]): Buffer {
  const dimensions = shape.map((size) => bytesField(ShapeField.dimension, size === null ? '' : dimensionOf(size)));
  const tensor = Buffer.concat([
    integerField(TensorTypeField.elementType, Element.float32),
    bytesField(TensorTypeField.shape, Buffer.concat(dimensions)),
  ]);
  return Buffer.concat([bytesField(ValueInfo.name, name), bytesField(ValueInfo.type, bytesField(Type.tensor, tensor))]);
}

function dimensionOf(size: number | string): Buffer {
  return typeof size === 'number' ? integerField(DimensionField.value, size) : bytesField(DimensionField.name, size);
}

async function readTensorType(reader: WireReader, message: Span, what: string): Promise<Omit<TensorInfo, 'name'>> {
  let number = 0;
  let shape: readonly Dimension[] | null = null;
  for await (const field of reader.fields(message, fieldSet(TensorTypeField.elementType, TensorTypeField.shape))) {
    if (field.number === TensorTypeField.elementType) number = await reader.integer(field, `the type of ${what}`);
    else if (shape) throw refuse(`The ${what} has two shapes.`, 'Export the model again.');
    else shape = await readShape(reader, reader.span(field, `the shape of ${what}`), what);
  }
  const element = elementType(number);
  if (!element) throw refuse(`The ${what} has the unknown element type ${number}.`, CONVERT_HINT);
  if ('unsupported' in element) {
    throw refuse(`The ${what} is of type ${element.unsupported}, which cannot be passed to the runtime.`, CONVERT_HINT);
  }
  return { type: element.type, shape };
}

async function readShape(reader: WireReader, message: Span, what: string): Promise<readonly Dimension[]> {
  const shape: Dimension[] = [];
  for await (const field of reader.fields(message, fieldSet(ShapeField.dimension))) {
    if (shape.length === MAX_RANK) throw refuse(`The ${what} has more than ${MAX_RANK} dimensions.`, CONVERT_HINT);
    shape.push(await readDimension(reader, reader.span(field, `the shape of ${what}`), what));
  }
  return shape;
}

async function readDimension(reader: WireReader, message: Span, what: string): Promise<Dimension> {
  let dimension: Dimension = null;
  for await (const field of reader.fields(message, fieldSet(DimensionField.value, DimensionField.name))) {
    if (field.number === DimensionField.value) {
      const size = await reader.integer(field, `the shape of ${what}`);
      if (!Number.isSafeInteger(size)) throw refuse(`The ${what} has a dimension of ${size}.`, CONVERT_HINT);
      // Some exporters write -1 for "any size".
      dimension = size < 0 ? null : size;
    } else {
      dimension = (await reader.text(field, MAX_NAME_BYTES, `a dimension of ${what}`)) || null;
    }
  }
  return dimension;
}

async function notTensor(reader: WireReader, kind: Field, what: string): Promise<Error> {
  const names: Readonly<Record<number, string>> = {
    [Type.sequence]: 'a sequence',
    [Type.map]: 'a map',
    [Type.opaque]: 'an opaque value',
    [Type.sparseTensor]: 'a sparse tensor',
    [Type.optional]: 'an optional value',
  };
  if (kind.number === Type.map) return refuse(`The ${what} is a map, not a tensor.`, ZIPMAP_HINT);
  if (kind.number === Type.sequence) {
    const element = await onlyField(reader, reader.span(kind, what), fieldSet(SEQUENCE_ELEMENT), what);
    const inner = element && (await onlyField(reader, reader.span(element, what), fieldSet(Type.map), what));
    if (inner) return refuse(`The ${what} is a list of maps (ZipMap), not a tensor.`, ZIPMAP_HINT);
  }
  return refuse(`The ${what} is ${names[kind.number] ?? 'not a tensor'}, not a tensor.`, CONVERT_HINT);
}

/** What a type is: the one field of it that is there. */
function kindOf(reader: WireReader, type: Span, what: string): Promise<Field | undefined> {
  return onlyField(reader, type, fieldSet(...Object.values(Type)), what);
}

/** Protobuf lets a field come twice and merges the two; readers differ in how, so such a file is refused. */
async function onlyField(reader: WireReader, message: Span, wanted: number, what: string): Promise<Field | undefined> {
  let found: Field | undefined;
  for await (const field of reader.fields(message, wanted)) {
    if (found) throw refuse(`The file says twice what ${what} is.`, 'Export the model again.');
    reader.span(field, what);
    found = field;
  }
  return found;
}

function refuse(message: string, hint: string): Error {
  return invalidModel('checked', message, hint);
}
