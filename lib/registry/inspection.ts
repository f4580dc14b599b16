import { ModelManagementError } from '../errors';
import type { RegistryDeps } from './dependencies';
import { invalidModel, quoted } from './invalid-model';
import { type ModelFile, readModelFile } from './onnx/model-file';
import type { ReceivedFiles } from './received-files';
import type { Signature, TensorInfo } from './signature';
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

/** The outputs of the preprocessing are the inputs of the model, by name. */
function checkChain(first: Signature, second: Signature): void {
  const given = new Map(first.outputs.map((info) => [info.name, info]));
  for (const wanted of second.inputs) {
    const found = given.get(wanted.name);
    if (found?.type === wanted.type) continue;
    throw invalidModel(
      'checked',
      `The model wants the input ${quoted(wanted.name)} (${wanted.type}), and preprocessing.onnx ${
        found ? `gives it as ${found.type}` : 'has no output of that name'
      }.`,
      'Name the outputs of preprocessing.onnx after the inputs of model.onnx, with the same types.',
    );
  }
}

/** A file that two readers understand differently is not to be trusted. */
function checkNames({ model, preprocessing }: Inspected, seen: Signature): void {
  const inputs = (preprocessing ?? model).signature.inputs;
  for (const [kind, own, theirs] of [
    ['inputs', inputs, seen.inputs],
    ['outputs', model.signature.outputs, seen.outputs],
  ] as const) {
    if (sameNames(own, theirs)) continue;
    throw invalidModel(
      'test-loaded',
      `The runtime sees the ${kind} ${listed(theirs)}, the file says ${listed(own)}.`,
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
