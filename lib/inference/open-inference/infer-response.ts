import { ModelManagementError } from '../../errors';
import { float16ToNumber } from '../codec/float16';
import { quote } from '../codec/refusal';
import type { Tensor, Tensors } from '../tensor';
import { textBytes } from './byte-texts';
import { datatypes } from './datatypes';
import type { InferRequest } from './infer-request';

export interface InferResponse {
  readonly body: Buffer;
  /** Length of the JSON where tensors follow it; else null, and the body is JSON alone. */
  readonly jsonBytes: number | null;
}

/**
 * @param version - number of the version that answered; null for none
 * @throws {ModelManagementError} `INFERENCE_FAILED` when an output is missing
 */
export function buildInferResponse(
  model: string,
  version: number | null,
  { id, outputs: wanted }: Pick<InferRequest, 'id' | 'outputs'>,
  results: Tensors,
): InferResponse {
  const parts: Buffer[] = [];
  const outputs = wanted.map(({ name, isBinary }) => {
    const tensor = results.get(name);
    if (!tensor) {
      throw new ModelManagementError(
        'INFERENCE_FAILED',
        `The model gave no output ${quote(name)}.`,
        'Ask for another one; this one may be optional.',
      );
    }
    const head = `"name":${JSON.stringify(name)},"shape":[${tensor.dims.join(',')}],"datatype":"${datatypes[tensor.type]}"`;
    if (!isBinary) return `{${head},"data":${jsonData(tensor)}}`;
    const bytes = rawBytes(tensor);
    parts.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const fields = [
    `"model_name":${JSON.stringify(model)}`,
    ...(version === null ? [] : [`"model_version":"${version}"`]),
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    `"outputs":[${outputs.join(',')}]`,
  ];
  const json = Buffer.from(`{${fields.join(',')}}`);
  if (parts.length === 0) return { body: json, jsonBytes: null };
  return { body: Buffer.concat([json, ...parts]), jsonBytes: json.length };
}

/** Written here, because JSON.stringify knows no whole numbers beyond 2^53, which JSON itself can hold. */
function jsonData({ type, data }: Tensor): string {
  switch (type) {
    case 'string':
      return JSON.stringify(data);
    case 'bool':
      return `[${Array.from(data as Uint8Array, (stored) => stored !== 0).join(',')}]`;
    case 'float16':
      return floats(Array.from(data as Uint16Array, float16ToNumber));
    case 'float32':
    case 'float64':
      return floats(data as Float32Array);
    default:
      return `[${(data as Int32Array).join(',')}]`;
  }
}

/** NaN and infinity are no JSON: as text, which readers of numbers understand. */
function floats(data: ArrayLike<number>): string {
  const values = new Array<string>(data.length);
  for (let n = 0; n < data.length; n += 1) {
    const value = data[n] ?? 0;
    values[n] = Number.isFinite(value) ? (Object.is(value, -0) ? '-0.0' : String(value)) : `"${value}"`;
  }
  return `[${values.join(',')}]`;
}

function rawBytes({ type, data }: Tensor): Buffer {
  if (type === 'string') return textBytes(data as readonly string[]);
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return Buffer.from(buffer, byteOffset, byteLength);
}
