import { type FileHandle, open } from 'node:fs/promises';
import { ModelManagementError } from '../../errors';
import { invalidModel } from '../invalid-model';
import type { Signature } from '../signature';
import { readClassLabels } from './class-labels';
import { foreignFormat, HEAD_BYTES } from './foreign-file';
import { checkFunction, readGraph } from './graph';
import { chooseLabels } from './label-choice';
import { featuresOf, labelsOf } from './metadata';
import { ML_DOMAIN } from './node';
import { type Field, fieldSet, type Span, WireReader } from './wire-reader';

const MAX_TEXT_BYTES = 4_096;
const MAX_METADATA_BYTES = 256 * 1024;
const MAX_METADATA_COUNT = 256;
const MAX_OPSET_COUNT = 256;
/** Before this version of the format the default operator set need not be named. */
const FIRST_IR_WITH_OPSETS = 3;

const Model = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  graph: 7,
  opsetImport: 8,
  metadata: 14,
  function: 25,
} as const;
const Opset = { domain: 1, version: 2 } as const;
const Entry = { key: 1, value: 2 } as const;

/** What an ONNX file says about itself. */
export interface ModelFile {
  readonly irVersion: number;
  /** Of the default domain; 0 when the model does not use it. */
  readonly opset: number;
  /** Domain ('' = default) to version. Domains we do not know are the runtime's business. */
  readonly opsetImports: ReadonlyMap<string, number>;
  /** Name and version, empty if not given. */
  readonly producer: string;
  readonly signature: Signature;
  /** Names of the input's columns, from the metadata. */
  readonly features?: readonly string[];
  /** Names of the classes: from the one classifier of the graph, else from the metadata. */
  readonly labels?: readonly string[];
}

/**
 * Reads an ONNX file without executing it or loading its weights: memory is bounded by what is returned, time by the
 * number of parts in the file.
 * @throws {ModelManagementError} `INVALID_MODEL` with what is wrong and what to do; `ABORTED`
 */
export function readModelFile(path: string, signal?: AbortSignal): Promise<ModelFile> {
  return openModelFile(path, signal, readModel);
}

/** Walks through a model file; what breaks the walk becomes an error that tells what the file is. */
export async function openModelFile<T>(
  path: string,
  signal: AbortSignal | undefined,
  read: (reader: WireReader, whole: Span) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw invalidModel('checked', 'The file is empty.', 'Upload an .onnx file.');
    try {
      return await read(new WireReader(file, size, signal), { start: 0, end: size });
    } catch (error) {
      if (signal?.aborted) {
        throw new ModelManagementError('ABORTED', 'The upload was cancelled.', 'Send it again.', { cause: error });
      }
      throw await explain(file, error);
    }
  } finally {
    await file.close();
  }
}

async function readModel(reader: WireReader, whole: Span): Promise<ModelFile> {
  let irVersion = 0;
  let producerName = '';
  let producerVersion = '';
  let graph: Field | undefined;
  const opsetImports = new Map<string, number>();
  const metadata = new Map<string, string>();
  for await (const field of reader.fields(whole, fieldSet(...Object.values(Model)))) {
    switch (field.number) {
      case Model.irVersion:
        irVersion = await reader.integer(field, 'the IR version');
        break;
      case Model.producerName:
        producerName = await reader.text(field, MAX_TEXT_BYTES, 'the name of the producer');
        break;
      case Model.producerVersion:
        producerVersion = await reader.text(field, MAX_TEXT_BYTES, 'the version of the producer');
        break;
      case Model.opsetImport:
        if (opsetImports.size === MAX_OPSET_COUNT) throw refuse('The model imports too many operator sets.');
        opsetImports.set(...(await readOpset(reader, reader.span(field, 'an operator set'))));
        break;
      case Model.metadata:
        if (metadata.size === MAX_METADATA_COUNT) throw refuse('The model has too many metadata entries.');
        metadata.set(...(await readEntry(reader, reader.span(field, 'a metadata entry'))));
        break;
      case Model.function:
        await checkFunction(reader, reader.span(field, 'a function'));
        break;
      default:
        if (graph) throw refuse('The file holds two graphs.');
        graph = field;
    }
  }
  if (!graph) throw refuse('The file holds no graph.');
  if (irVersion < 1) throw refuse('The file does not say its IR version.');
  if (opsetImports.size === 0 && irVersion >= FIRST_IR_WITH_OPSETS) throw refuse('The model names no operator set.');
  const place = reader.span(graph, 'the graph');
  const signature = await readGraph(reader, place);
  const features = featuresOf(metadata);
  const classes = opsetImports.has(ML_DOMAIN) ? await readClassLabels(reader, place, signature) : undefined;
  const labels = chooseLabels(classes, labelsOf(metadata));
  return {
    irVersion,
    opset: opsetImports.get('') ?? opsetImports.get('ai.onnx') ?? (opsetImports.size === 0 ? 1 : 0),
    opsetImports,
    // Some write the whole history of their build as version.
    producer: [producerName, producerVersion.includes('\n') ? '' : producerVersion].filter(Boolean).join(' '),
    signature,
    ...(features ? { features } : {}),
    ...(labels ? { labels } : {}),
  };
}

export async function readOpset(reader: WireReader, message: Span): Promise<[string, number]> {
  let domain = '';
  let version = 0;
  for await (const field of reader.fields(message, fieldSet(Opset.domain, Opset.version))) {
    if (field.number === Opset.domain) domain = await reader.text(field, MAX_TEXT_BYTES, 'an operator domain');
    else version = await reader.integer(field, 'an operator set version');
  }
  return [domain, version];
}

async function readEntry(reader: WireReader, message: Span): Promise<[string, string]> {
  let key = '';
  let value = '';
  for await (const field of reader.fields(message, fieldSet(Entry.key, Entry.value))) {
    if (field.number === Entry.key) key = await reader.text(field, MAX_TEXT_BYTES, 'a metadata key');
    else value = await readMetadataText(reader, field);
  }
  return [key, value];
}

/** Empty where it is too long for names of columns or classes: CatBoost writes the history of the training there. */
function readMetadataText(reader: WireReader, field: Field): string | Promise<string> {
  const { start, end } = reader.span(field, 'a metadata value');
  return end - start > MAX_METADATA_BYTES ? '' : reader.text(field, MAX_METADATA_BYTES, 'a metadata value');
}

/** A broken ONNX file and a file of another kind look the same to the reader, but not to the person who sent it. */
async function explain(file: FileHandle, error: unknown): Promise<unknown> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
  const format = foreignFormat(head.subarray(0, bytesRead));
  if (!format) return error;
  return invalidModel('checked', `This is ${format.name}, not an ONNX model.`, format.hint, error);
}

function refuse(message: string): Error {
  return invalidModel(
    'checked',
    message,
    'Export the model again as .onnx; if it is one, its writer left it unfinished.',
  );
}
