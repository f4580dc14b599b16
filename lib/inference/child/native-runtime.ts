import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { elementType } from '../../registry/onnx/element-type';
import { type Dimension, type TensorType, tensorTypes } from '../../registry/signature';
import type { Tensor, TensorData, Tensors } from '../tensor';
import type { InferenceRuntime, RuntimeSession, RuntimeValue } from './runtime';

/*
 * onnxruntime-node is reached through its synchronous binding, an internal interface: the public `run()` wraps the same
 * call in setImmediate and a promise and costs twice the CPU. Where a release changes the binding, the public interface
 * is used instead. Both take any object with `type`, `dims`, `data` and `location`, so that float16 goes in as its bits
 * in a Uint16Array: a `Tensor` of the package would turn them into a Float16Array on Node 24, which its own native
 * part refuses.
 */

interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: TensorData;
  readonly location: 'cpu';
}
type OrtFeeds = Record<string, OrtTensor>;

interface BoundMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: number;
  readonly shape: readonly number[];
  readonly symbolicDimensions: readonly string[];
}
interface BoundSession {
  readonly inputMetadata: readonly BoundMetadata[];
  readonly outputMetadata: readonly BoundMetadata[];
  loadModel(path: string, options: object): void;
  run(feeds: OrtFeeds, fetches: Record<string, null>, options: object): OrtFeeds;
}
interface Binding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => BoundSession };
}

interface PublicMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}
interface PublicSession {
  readonly inputMetadata: readonly PublicMetadata[];
  readonly outputMetadata: readonly PublicMetadata[];
  run(feeds: OrtFeeds, fetches: readonly string[]): Promise<OrtFeeds>;
}
interface PublicPackage {
  readonly InferenceSession: { create(path: string, options: object): Promise<PublicSession> };
}

const NOT_A_TENSOR = 'a sequence, map or optional';

function sessionOptions(intraOpNumThreads: number): object {
  const spinning = { allow_spinning: '0' };
  return {
    intraOpNumThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    executionProviders: ['cpu'],
    // Errors come back as exceptions; the log would say them again.
    logSeverityLevel: 4,
    // A spinning thread burns about 40 ms of a core after every run.
    // Never its own format, which the inspection does not read.
    extra: { session: { intra_op: spinning, inter_op: spinning, load_model_format: 'ONNX' } },
  };
}

function toOrt(feeds: Tensors): OrtFeeds {
  const bound: OrtFeeds = Object.create(null);
  for (const [name, { type, dims, data }] of feeds) {
    if (type === 'string' && (data as readonly string[]).some((text) => text.includes('\0'))) {
      throw new Error(`a string of input "${name}" contains a NUL character, at which the runtime would cut it off`);
    }
    bound[name] = { type, dims, data, location: 'cpu' };
  }
  return bound;
}

function fromOrt(results: OrtFeeds, fetches: readonly string[]): Map<string, Tensor> {
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

function boundValue({ name, isTensor, type, shape, symbolicDimensions }: BoundMetadata): RuntimeValue {
  if (!isTensor) return { name, type: null, typeName: NOT_A_TENSOR };
  const known = elementType(type);
  if (!known) return { name, type: null, typeName: `tensor type ${type}` };
  if ('unsupported' in known) return { name, type: null, typeName: known.unsupported };
  const dims = shape.map((size, axis): Dimension => (size >= 0 ? size : symbolicDimensions[axis] || null));
  return { name, type: known.type, shape: dims };
}

function publicValue({ name, isTensor, type, shape }: PublicMetadata): RuntimeValue {
  if (!isTensor) return { name, type: null, typeName: NOT_A_TENSOR };
  const known = tensorTypes.find((candidate) => candidate === type);
  if (!known) return { name, type: null, typeName: type ?? 'unknown type' };
  return { name, type: known, shape: (shape ?? []).map((size): Dimension => (size === '' ? null : size)) };
}

function openBound({ initOrt, binding }: Binding, modelPath: string, options: object): RuntimeSession {
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(modelPath, options);
  return {
    inputs: session.inputMetadata.map(boundValue),
    outputs: session.outputMetadata.map(boundValue),
    run: (feeds, fetches) => {
      const wanted: Record<string, null> = Object.create(null);
      for (const name of fetches) wanted[name] = null;
      return fromOrt(session.run(toOrt(feeds), wanted, {}), fetches);
    },
  };
}

async function openPublic(ort: PublicPackage, modelPath: string, options: object): Promise<RuntimeSession> {
  const session = await ort.InferenceSession.create(modelPath, options);
  return {
    inputs: session.inputMetadata.map(publicValue),
    outputs: session.outputMetadata.map(publicValue),
    run: async (feeds, fetches) => fromOrt(await session.run(toOrt(feeds), fetches), fetches),
  };
}

function findBinding(require: NodeJS.Require, folder: string): Binding | undefined {
  let candidate: Partial<Binding>;
  try {
    candidate = require(join(folder, 'dist', 'binding.js'));
  } catch {
    // The public entry loads the same native file: if that is what failed, it says so itself.
    return undefined;
  }
  const methods = candidate.binding?.InferenceSession?.prototype;
  const isKnown =
    typeof candidate.initOrt === 'function' &&
    typeof methods?.loadModel === 'function' &&
    typeof methods?.run === 'function';
  return isKnown ? (candidate as Binding) : undefined;
}

/**
 * onnxruntime-node on the CPU. Loads native code into this process: only ever called in an engine process.
 *
 * @param searchPaths - folders whose `node_modules` are looked into as well, such as Node-RED's user directory
 * @param isBindingAllowed - false = public interface only
 * @throws what `require` says when the package is missing or its native file does not load
 */
export function loadNativeRuntime(searchPaths: readonly string[], isBindingAllowed = true): InferenceRuntime {
  const require = createRequire(__filename);
  const manifestPath = require.resolve('onnxruntime-node/package.json', { paths: [__dirname, ...searchPaths] });
  const folder = dirname(manifestPath);
  const binding = isBindingAllowed ? findBinding(require, folder) : undefined;
  const ort: PublicPackage | undefined = binding ? undefined : require(folder);
  const { version } = require(manifestPath) as { version: string };
  return {
    version: `onnxruntime-node ${version}`,
    async open(modelPath, { intraOpNumThreads }) {
      const options = sessionOptions(intraOpNumThreads);
      if (binding) return openBound(binding, modelPath, options);
      if (ort) return openPublic(ort, modelPath, options);
      throw new Error('onnxruntime-node has no interface to open a model with');
    },
  };
}
