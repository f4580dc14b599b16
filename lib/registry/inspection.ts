import { ModelManagementError } from '../errors';
import type { RegistryDeps } from './dependencies';
import { invalidModel, quoted } from './invalid-model';
import { type ModelFile, readModelFile } from './onnx/model-file';
import type { ReceivedFiles } from './received-files';
import type { Signature, TensorInfo } from './signature';
import { effectiveSignature } from './signature-comparison';
import { atStage } from './upload-stage';

/** What the files of a version say, and the runtime agrees with. */
export interface Inspected {
  readonly model: ModelFile;
  readonly preprocessing?: ModelFile;
}

/**
 * Reads the files without executing them, then has them loaded once in a throw-away process. On a machine without a
 * runtime the second half is left out: the registry works there too.
 * @throws {ModelManagementError} `INVALID_MODEL`; `details.stage` is `checked` or `test-loaded`
 */
export async function inspectFiles(
  { model, preprocessing }: Pick<ReceivedFiles, 'model' | 'preprocessing'>,
  { testLoad, log }: Pick<RegistryDeps, 'testLoad' | 'log'>,
  signal: AbortSignal,
): Promise<Inspected> {
  const inspected = await atStage('checked', async () => {
    const own = await readModelFile(model.path, signal);
    if (!preprocessing) return { model: own };
    const first = await readModelFile(preprocessing.path, signal);
    checkChain(first.signature, own.signature);
    return { model: own, preprocessing: first };
  });
  await atStage('test-loaded', async () => {
    try {
      const seen = await testLoad(
        { modelPath: model.path, ...(preprocessing ? { preprocessingPath: preprocessing.path } : {}) },
        signal,
      );
      checkNames(inspected, seen);
    } catch (error) {
      if (!ModelManagementError.is(error) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
      log.warn('a version is accepted without a test: there is no runtime', { reason: error.message });
    }
  });
  return inspected;
}

/**
 * Names of the columns a caller sends: with preprocessing, those that its file gives; those of the model only where
 * they fit what the preprocessing takes.
 */
export function callerFeatures({ model, preprocessing }: Inspected): readonly string[] | undefined {
  if (!preprocessing || preprocessing.features) return (preprocessing ?? model).features;
  const [input, ...others] = preprocessing.signature.inputs;
  const width = others.length === 0 ? input?.shape?.at(-1) : undefined;
  return model.features?.length === width ? model.features : undefined;
}

/** The outputs of the preprocessing feed the inputs of the model by name; the caller feeds the others. */
function checkChain(first: Signature, second: Signature): void {
  const wanted = new Map(second.inputs.map((info) => [info.name, info]));
  const fed = first.outputs.filter(({ name }) => wanted.has(name));
  const hint = 'Name the outputs of preprocessing.onnx after the inputs of model.onnx, with the same types.';
  if (fed.length === 0) {
    const message = `preprocessing.onnx gives ${listed(first.outputs)}, the model wants ${listed(second.inputs)}.`;
    throw invalidModel('checked', message, hint);
  }
  for (const { name, type } of fed) {
    const input = wanted.get(name);
    if (input?.type === type) continue;
    const message = `The model wants the input ${quoted(name)} as ${input?.type}, preprocessing.onnx gives it as ${type}.`;
    throw invalidModel('checked', message, hint);
  }
}

/** A file that two readers understand differently is not to be trusted. */
function checkNames({ model, preprocessing }: Inspected, seen: Signature): void {
  const own = effectiveSignature({ signature: model.signature, ...(preprocessing ? { preprocessing } : {}) });
  for (const kind of ['inputs', 'outputs'] as const) {
    if (sameNames(own[kind], seen[kind])) continue;
    throw invalidModel(
      'test-loaded',
      `The runtime sees the ${kind} ${listed(seen[kind])}, the file says ${listed(own[kind])}.`,
      'Export the model again; if that does not help, report it with the model.',
    );
  }
}

function sameNames(a: readonly TensorInfo[], b: readonly TensorInfo[]): boolean {
  const names = new Set(a.map(({ name }) => name));
  return a.length === b.length && b.every(({ name }) => names.has(name));
}

function listed(infos: readonly TensorInfo[]): string {
  const names = infos.slice(0, 10).map(({ name }) => quoted(name));
  return names.length === 0 ? '(none)' : names.join(', ') + (infos.length > 10 ? ', …' : '');
}
