import { z } from 'zod';
import { invalidInput, ModelManagementError } from '../../errors';
import type { Signature, TensorInfo } from '../../registry/signature';
import { elementTypes } from '../codec/element-type';
import { describe, quote } from '../codec/refusal';
import { elementCount } from '../codec/shape';
import type { Tensor, Tensors } from '../tensor';
import { texts } from './byte-texts';
import { datatypes } from './datatypes';

/** What a request asks for. @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md */
export interface InferRequest {
  readonly id?: string;
  readonly feeds: Tensors;
  /** In the order they are answered. */
  readonly outputs: readonly WantedOutput[];
}

export interface WantedOutput {
  readonly name: string;
  /** As bytes behind the JSON instead of as numbers in it. */
  readonly isBinary: boolean;
}

/** A tensor of 2 GiB is more than the runtime takes. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;

const Parameters = z.record(z.string(), z.unknown()).optional();
const Body = z.object({
  id: z.string().optional(),
  parameters: Parameters,
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number().int().nonnegative()).max(255),
      datatype: z.string(),
      parameters: Parameters,
      // Walked once, below.
      data: z.custom<readonly unknown[]>(Array.isArray, 'must be an array').optional(),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), parameters: Parameters })).optional(),
});
type Input = z.infer<typeof Body>['inputs'][number];

/**
 * Reads the body of an inference request, with tensors in its JSON or behind it (binary tensor data extension).
 *
 * @param body - its bytes, or what has been parsed of it already
 * @param jsonBytes - length of the JSON, from the header `Inference-Header-Content-Length`; null = all of the body
 * @throws {ModelManagementError} `INVALID_JSON`, `INVALID_INPUT` naming the field
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export function parseInferRequest(body: Buffer | object, jsonBytes: number | null, signature: Signature): InferRequest {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (jsonBytes !== null && jsonBytes > bytes.length) {
    throw invalidInput(
      'Inference-Header-Content-Length',
      `The header says that the JSON has ${jsonBytes} bytes; the whole body has ${bytes.length}.`,
      'Send the length of the JSON in bytes; with it, the body as application/octet-stream.',
    );
  }
  const json = bytes === body ? parseJson(bytes.subarray(0, jsonBytes ?? bytes.length)) : body;
  const { id, parameters, inputs, outputs } = checkBody(json);
  const binary = new BinaryParts(bytes, jsonBytes ?? bytes.length);
  const feeds = new Map<string, Tensor>();
  for (const [index, input] of inputs.entries()) {
    if (feeds.has(input.name))
      throw refused(index, 'name', `${quote(input.name)} is there twice`, 'Send each input once.');
    const info = signature.inputs.find(({ name }) => name === input.name);
    if (!info) throw unknownName('input', input.name, signature.inputs);
    feeds.set(input.name, readTensor(input, index, info, binary));
  }
  binary.finish();
  const allBinary = parameters?.['binary_data_output'] === true;
  const isBinary = (own: unknown): boolean => (typeof own === 'boolean' ? own : allBinary);
  const wanted = outputs?.length ? outputs : signature.outputs.map(({ name }) => ({ name, parameters: undefined }));
  return {
    ...(id === undefined ? {} : { id }),
    feeds,
    outputs: wanted.map(({ name, parameters: own }) => {
      if (signature.outputs.some((output) => output.name === name))
        return { name, isBinary: isBinary(own?.['binary_data']) };
      throw unknownName('output', name, signature.outputs);
    }),
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ModelManagementError(
      'INVALID_JSON',
      'The body is not valid JSON.',
      'Send {"inputs": […]}; with binary tensors, the length of the JSON in the header Inference-Header-Content-Length.',
      { cause },
    );
  }
}

function checkBody(json: unknown): z.infer<typeof Body> {
  const parsed = Body.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || 'body';
  throw invalidInput(
    field,
    `${field}: ${issue?.message ?? 'not usable'}.`,
    'Send an inference request of the Open Inference Protocol v2.',
  );
}

/** The bytes behind the JSON, in the order of the inputs they belong to. */
class BinaryParts {
  constructor(
    private readonly body: Buffer,
    private at: number,
  ) {}

  take(sizeBytes: number, index: number): Buffer {
    const part = this.body.subarray(this.at, this.at + sizeBytes);
    if (part.length < sizeBytes) {
      throw refused(
        index,
        'parameters.binary_data_size',
        `${sizeBytes} bytes are announced, ${part.length} came`,
        'Send all of them.',
      );
    }
    this.at += sizeBytes;
    return part;
  }

  finish(): void {
    const left = this.body.length - this.at;
    if (left > 0)
      throw invalidInput(
        'body',
        `${left} bytes are left behind the last input.`,
        'Announce each with binary_data_size.',
      );
  }
}

function readTensor(input: Input, index: number, info: TensorInfo, binary: BinaryParts): Tensor {
  const { shape, datatype, parameters, data } = input;
  const { type } = info;
  if (datatype !== datatypes[type]) {
    throw refused(
      index,
      'datatype',
      `${quote(input.name)} is ${datatypes[type]}, ${quote(datatype)} came`,
      'Send the datatype of the metadata.',
    );
  }
  const count = elementCount(shape);
  if (count * (elementTypes[type].elementBytes || 8) > MAX_TENSOR_BYTES) {
    throw refused(index, 'shape', `[${shape.join(', ')}] is more than 2 GiB`, 'Send it in smaller batches.');
  }
  const sizeBytes = parameters?.['binary_data_size'];
  if (sizeBytes !== undefined) {
    if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || data !== undefined) {
      throw refused(
        index,
        'parameters.binary_data_size',
        'must be a whole number, and no data beside it',
        'Send either of them.',
      );
    }
    return { type, dims: shape, data: fromBytes(binary.take(sizeBytes, index), info, count, index) };
  }
  if (data === undefined) throw refused(index, 'data', 'is missing', 'Send data, or binary_data_size and the bytes.');
  return { type, dims: shape, data: fromJson(data, info, count, index) };
}

function fromJson(data: readonly unknown[], { name, type }: TensorInfo, count: number, index: number): Tensor['data'] {
  const sink = elementTypes[type].open(count);
  let filled = 0;
  const fill = (list: readonly unknown[]): void => {
    if (Array.isArray(list[0])) {
      for (const inner of list) {
        if (!Array.isArray(inner))
          throw refused(index, 'data', `${describe(inner)} stands beside arrays`, 'Nest it evenly.');
        fill(inner);
      }
      return;
    }
    if (filled + list.length > count) throw wrongCount(index, name, count, 'more');
    const bad = sink.put(list, filled);
    if (bad >= 0) {
      const why = elementTypes[type].refusal(list[bad]);
      throw refused(
        index,
        'data',
        `element ${filled + bad} of ${quote(name)} is ${describe(list[bad])}, ${why}`,
        `Send ${datatypes[type]} values.`,
      );
    }
    filled += list.length;
  };
  fill(data);
  if (filled < count) throw wrongCount(index, name, count, String(filled));
  return sink.data;
}

function fromBytes(bytes: Buffer, { name, type }: TensorInfo, count: number, index: number): Tensor['data'] {
  if (type === 'string') {
    const found = texts(bytes);
    if (!found)
      throw refused(
        index,
        'data',
        `${quote(name)} is not made of lengths and UTF-8 texts`,
        'Send BYTES as the protocol says.',
      );
    if (found.length !== count) throw wrongCount(index, name, count, String(found.length));
    return found;
  }
  const element = elementTypes[type];
  if (bytes.length !== count * element.elementBytes) {
    throw refused(
      index,
      'parameters.binary_data_size',
      `${quote(name)} of this shape has ${count * element.elementBytes} bytes, ${bytes.length} came`,
      'Make shape and bytes agree.',
    );
  }
  // A copy, so that it begins where a typed array may.
  const own = new Uint8Array(bytes);
  if (type === 'bool' && own.some((byte) => byte > 1))
    throw refused(index, 'data', `${quote(name)} holds a byte above 1`, 'Send 0 or 1 for BOOL.');
  return element.view(own.buffer) as Tensor['data'];
}

function refused(index: number, field: string, what: string, hint: string): ModelManagementError {
  return invalidInput(`inputs.${index}.${field}`, `inputs.${index}.${field}: ${what}.`, hint);
}

function wrongCount(index: number, name: string, count: number, came: string): ModelManagementError {
  return refused(
    index,
    'data',
    `${quote(name)} of this shape has ${count} elements, ${came} came`,
    'Make shape and data agree.',
  );
}

function unknownName(kind: 'input' | 'output', name: string, known: readonly TensorInfo[]): ModelManagementError {
  const names = known.map((one) => quote(one.name)).join(', ') || 'none';
  return invalidInput(`${kind}s`, `The model has no ${kind} ${quote(name)}.`, `Its ${kind}s are: ${names}.`);
}
