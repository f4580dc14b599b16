import { type Dimension, type TensorType, tensorTypes } from '../../registry/signature';
import type { Tensor, TensorData, Tensors } from '../tensor';
import type { RuntimeSession, RuntimeValue } from './runtime';

/*
 * Tensors and sessions of ONNX Runtime's JavaScript packages. They take any object with `type`, `dims`, `data` and
 * `location`, so that float16 goes in as its bits in a Uint16Array: a `Tensor` of the packages would turn them into a
 * Float16Array on Node 24, which their own native part refuses.
 */

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: TensorData;
  readonly location: 'cpu';
}
export type OrtFeeds = Record<string, OrtTensor>;

interface PublicMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}
export interface PublicSession {
  readonly inputMetadata: readonly PublicMetadata[];
  readonly outputMetadata: readonly PublicMetadata[];
  run(feeds: OrtFeeds, fetches: readonly string[]): Promise<OrtFeeds>;
}
export interface PublicPackage {
  readonly InferenceSession: { create(model: string | Uint8Array, options: object): Promise<PublicSession> };
}

export const NOT_A_TENSOR = 'a sequence, map or optional';

export function toOrt(feeds: Tensors): OrtFeeds {
  const bound: OrtFeeds = Object.create(null);
  for (const [name, { type, dims, data }] of feeds) {
    if (type === 'string' && (data as readonly string[]).some((text) => text.includes('\0'))) {
      throw new Error(`a string of input "${name}" contains a NUL character, at which the runtime would cut it off`);
    }
    bound[name] = { type, dims, data, location: 'cpu' };
  }
  return bound;
}

export function fromOrt(results: OrtFeeds, fetches: readonly string[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const name of fetches) {
    // Read by name, not enumerated: an output called `__proto__` became the prototype of the results.
    const result = results[name];
    if (!result) throw new Error(`the runtime gave no output "${name}"`);
    const { type, dims, data } = result;
    const bits = type === 'float16' && ArrayBuffer.isView(data) && !(data instanceof Uint16Array);
    tensors.set(name, {
      type: type as TensorType,
      dims,
      data: bits ? new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2) : data,
    });
  }
  return tensors;
}

/** The one in WebAssembly writes the -1 of a size without a name as 2^32 - 1. */
function publicDimension(size: number | string): Dimension {
  return size === '' || size === 0xffff_ffff || size === -1 ? null : size;
}

function publicValue({ name, isTensor, type, shape }: PublicMetadata): RuntimeValue {
  if (!isTensor) return { name, type: null, typeName: NOT_A_TENSOR };
  const known = tensorTypes.find((candidate) => candidate === type);
  if (!known) return { name, type: null, typeName: type ?? 'unknown type' };
  return { name, type: known, shape: (shape ?? []).map(publicDimension) };
}

export function openPublic(session: PublicSession): RuntimeSession {
  return {
    inputs: session.inputMetadata.map(publicValue),
    outputs: session.outputMetadata.map(publicValue),
    run: async (feeds, fetches) => fromOrt(await session.run(toOrt(feeds), fetches), fetches),
  };
}
