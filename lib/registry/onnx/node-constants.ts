import { NodeField } from './node';
import { type Field, fieldSet, type Span, type WireReader } from './wire-reader';

/** Whole numbers that decide what a node does: axes, shapes. More are of no interest. */
const MAX_COUNT = 64;
const MAX_NAME_BYTES = 4_096;
const INT64 = 7;

const Attribute = { name: 1, int: 3, tensor: 5, ints: 8 } as const;
const Tensor = { dataType: 2, int64Data: 7, name: 8, rawData: 9 } as const;

/** The whole numbers among the attributes of a node by their names; a small int64 tensor counts as a list of them. */
export async function readWholeNumbers(
  reader: WireReader,
  node: Span,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>();
  for await (const field of reader.fields(node, fieldSet(NodeField.attribute))) {
    let name = '';
    const numbers: number[] = [];
    for await (const part of reader.fields(field, fieldSet(...Object.values(Attribute)))) {
      if (part.number === Attribute.name) name = await reader.text(part, MAX_NAME_BYTES, 'the name of an attribute');
      else if (part.number === Attribute.int) numbers.push(await reader.integer(part, 'an attribute'));
      else if (part.number === Attribute.tensor) numbers.push(...((await readSmallTensor(reader, part)).numbers ?? []));
      else if (part.end - part.start <= 10 * MAX_COUNT) numbers.push(...(await integersIn(reader, part)));
    }
    if (numbers.length > 0 && numbers.length <= MAX_COUNT) found.set(name, numbers);
  }
  return found;
}

export interface NamedNumbers {
  readonly name: string;
  /** Undefined where the tensor holds something else, or more. */
  readonly numbers?: readonly number[];
}

/** Name and elements of a small int64 tensor. */
export async function readSmallTensor(reader: WireReader, message: Span): Promise<NamedNumbers> {
  let name = '';
  let isInt64 = false;
  let numbers: readonly number[] | undefined;
  for await (const field of reader.fields(message, fieldSet(...Object.values(Tensor)))) {
    if (field.number === Tensor.name) name = await reader.text(field, 64 * 1024, 'the name of a weight');
    else if (field.number === Tensor.dataType)
      isInt64 = (await reader.integer(field, 'the type of a weight')) === INT64;
    else if (field.number === Tensor.rawData) numbers = await rawNumbers(reader, field);
    else if (field.end - field.start <= 10 * MAX_COUNT) {
      numbers = [...(numbers ?? []), ...(await integersIn(reader, field))].slice(0, MAX_COUNT + 1);
    }
  }
  return isInt64 && numbers && numbers.length <= MAX_COUNT ? { name, numbers } : { name };
}

async function integersIn(reader: WireReader, field: Field): Promise<number[]> {
  return (await reader.integers(field, MAX_COUNT, 'whole numbers')).map(Number);
}

async function rawNumbers(reader: WireReader, field: Field): Promise<readonly number[] | undefined> {
  const sizeBytes = field.end - field.start;
  if (sizeBytes > 8 * MAX_COUNT || sizeBytes % 8 !== 0) return undefined;
  const bytes = await reader.bytes(reader.span(field, 'a weight'), sizeBytes, 'a weight');
  return Array.from({ length: sizeBytes / 8 }, (_, n) => Number(bytes.readBigInt64LE(8 * n)));
}
