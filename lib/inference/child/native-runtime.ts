import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { elementType } from '../../registry/onnx/element-type';
import type { Dimension } from '../../registry/signature';
import { fromOrt, NOT_A_TENSOR, type OrtFeeds, openPublic, type PublicPackage, toOrt } from './ort-values';
import type { InferenceRuntime, RuntimeSession, RuntimeValue } from './runtime';

/*
 * onnxruntime-node is reached through its synchronous binding, an internal interface: the public `run()` wraps the same
 * call in setImmediate and a promise and costs twice the CPU. Where a release changes the binding, the public interface
 * is used instead.
 */

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

function boundValue({ name, isTensor, type, shape, symbolicDimensions }: BoundMetadata): RuntimeValue {
  if (!isTensor) return { name, type: null, typeName: NOT_A_TENSOR };
  const known = elementType(type);
  if (!known) return { name, type: null, typeName: `tensor type ${type}` };
  if ('unsupported' in known) return { name, type: null, typeName: known.unsupported };
  const dims = shape.map((size, axis): Dimension => (size >= 0 ? size : symbolicDimensions[axis] || null));
  return { name, type: known.type, shape: dims };
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
      if (ort) return openPublic(await ort.InferenceSession.create(modelPath, options));
      throw new Error('onnxruntime-node has no interface to open a model with');
    },
  };
}
