import { isUtf8 } from 'node:buffer';
import { invalidModel } from '../invalid-model';
import { isNameList } from './metadata';
import { type Field, fieldSet, type Span, type WireReader } from './wire-reader';

/** Of all names of one node together, so that a node of nothing but names cannot fill the memory. */
const MAX_NAMES_BYTES = 1_048_576;
const MAX_TEXT_BYTES = 4_096;
const MAX_CLASS_COUNT = 10_000;
const MAX_NUMBER_BYTES = 10;

export const NodeField = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;
const Attribute = { name: 1, ints: 8, strings: 9 } as const;

/** The domain of the operators for classic models: trees, support vectors, ZipMap. */
export const ML_DOMAIN = 'ai.onnx.ml';

/** One node of a graph, without its attributes. */
export interface GraphNode {
  readonly domain: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @throws {ModelManagementError} `INVALID_MODEL` */
export async function readNode(reader: WireReader, message: Span): Promise<GraphNode> {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let domain = '';
  let opType = '';
  let namesBytes = 0;
  const { input, output } = NodeField;
  for await (const field of reader.fields(message, fieldSet(input, output, NodeField.opType, NodeField.domain))) {
    const text = await reader.text(field, MAX_TEXT_BYTES, 'a name in a node');
    if (field.number === NodeField.domain) domain = text;
    else if (field.number === NodeField.opType) opType = text;
    else {
      namesBytes += text.length + 1;
      if (namesBytes > MAX_NAMES_BYTES) {
        throw invalidModel(
          'checked',
          'A node has too many inputs and outputs.',
          'Split it, and export the model again.',
        );
      }
      (field.number === input ? inputs : outputs).push(text);
    }
  }
  return { domain, opType, inputs, outputs };
}

/** The classes a node names: texts, or whole numbers as texts. */
export interface ClassList {
  readonly names: readonly string[];
  readonly areNumbers: boolean;
}

/**
 * Reads them from the attribute that begins with `classlabels_`. Undefined where there is none, where there are two,
 * or where the names could not stand as labels (empty, repeated, too long or too many).
 */
export async function readClassList(reader: WireReader, node: Span): Promise<ClassList | undefined> {
  let found: ClassList | undefined;
  for await (const field of reader.fields(node, fieldSet(NodeField.attribute))) {
    const list = await readClassAttribute(reader, reader.span(field, 'an attribute'));
    if (!list) continue;
    if (found) return undefined;
    found = list;
  }
  return found && isNameList(found.names) ? found : undefined;
}

async function readClassAttribute(reader: WireReader, attribute: Span): Promise<ClassList | undefined> {
  if (!(await readAttributeName(reader, attribute)).startsWith('classlabels_')) return undefined;
  const texts: string[] = [];
  const numbers: string[] = [];
  for await (const field of reader.fields(attribute, fieldSet(Attribute.ints, Attribute.strings))) {
    const isTooLong = field.end - field.start > MAX_CLASS_COUNT * MAX_NUMBER_BYTES;
    if (isTooLong || texts.length + numbers.length > MAX_CLASS_COUNT) return { names: [], areNumbers: false };
    if (field.number === Attribute.strings) texts.push(await readClassName(reader, field));
    else numbers.push(...(await reader.integers(field, MAX_CLASS_COUNT, 'the numbers of the classes')).map(String));
  }
  if (texts.length === 0 && numbers.length === 0) return undefined;
  // Both at once is no list of anything: such names fit no model.
  const names = texts.length > 0 && numbers.length > 0 ? [] : [...texts, ...numbers];
  return { names, areNumbers: numbers.length > 0 };
}

/** Empty where it is no text that could be a label. */
async function readClassName(reader: WireReader, field: Field): Promise<string> {
  const { start, end } = reader.span(field, 'the name of a class');
  if (end - start > MAX_TEXT_BYTES) return '';
  const bytes = await reader.bytes(field, MAX_TEXT_BYTES, 'the name of a class');
  return isUtf8(bytes) ? bytes.toString() : '';
}

/** The first one said: walking on would lead through all numbers of a forest. */
async function readAttributeName(reader: WireReader, attribute: Span): Promise<string> {
  for await (const field of reader.fields(attribute, fieldSet(Attribute.name))) {
    return reader.text(field, MAX_TEXT_BYTES, 'the name of an attribute');
  }
  return '';
}
