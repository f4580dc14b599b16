import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../lib/clock';
import type { Engine, EngineOptions, LoadedModel, ModelTarget } from '../../lib/inference/engine';
import { createEngine } from '../../lib/inference/processes/process-engine';
import type { Supervision } from '../../lib/inference/processes/supervision';
import { silentLog } from '../../lib/log';
import type { RegistryDeps } from '../../lib/registry';
import { builtEngineProcessPath } from './built-engine';
import { buildModel, type ModelSpec } from './onnx-models';
import { temporaryFolder } from './temporary-folder';

export interface EngineLabOptions {
  readonly options?: Partial<EngineOptions>;
  readonly supervision?: Partial<Supervision>;
  readonly clock?: Clock;
  readonly processPath?: string;
  readonly nodePath?: string;
  readonly runtimePaths?: readonly string[];
}

/** An engine with a folder for models; ends with its scope (`await using`), processes and files included. */
export interface EngineLab extends AsyncDisposable {
  readonly engine: Engine;
  readonly tempPath: string;
  /** Writes the model; a target with a name and key of its own. */
  target(name: string, model: ModelSpec | Buffer, preprocessing?: ModelSpec): Promise<ModelTarget>;
  load(name: string, model: ModelSpec | Buffer): Promise<LoadedModel>;
  /** The pid of the one process that is up. */
  pid(): Promise<number | null>;
}

/** The registry's test of new files, by a real engine. */
export const testLoadWith =
  (engine: Engine): RegistryDeps['testLoad'] =>
  (files, signal) =>
    engine.probe({ key: files.modelPath, model: 'upload', version: null, ...files }, signal);

export async function openEngineLab(lab: EngineLabOptions = {}): Promise<EngineLab> {
  const folder = await temporaryFolder();
  const tempPath = join(folder.path, 'temp');
  await mkdir(join(folder.path, 'models'));
  const engine = createEngine({
    ...(lab.options ? { options: lab.options } : {}),
    ...(lab.supervision ? { supervision: lab.supervision } : {}),
    ...(lab.nodePath ? { nodePath: lab.nodePath } : {}),
    ...(lab.runtimePaths ? { runtimePaths: lab.runtimePaths } : {}),
    processPath: lab.processPath ?? (await builtEngineProcessPath()),
    tempPath,
    log: silentLog,
    clock: lab.clock ?? systemClock,
  });
  const write = async (file: string, model: ModelSpec | Buffer): Promise<string> => {
    const path = join(folder.path, 'models', file);
    await writeFile(path, Buffer.isBuffer(model) ? model : buildModel(model));
    return path;
  };
  const target = async (name: string, model: ModelSpec | Buffer, preprocessing?: ModelSpec): Promise<ModelTarget> => {
    const base = { key: name, model: name, version: 1, modelPath: await write(`${name}.onnx`, model) };
    if (!preprocessing) return base;
    return { ...base, preprocessingPath: await write(`${name}-preprocessing.onnx`, preprocessing) };
  };
  return {
    engine,
    tempPath,
    target,
    load: async (name, model) => engine.load(await target(name, model)),
    pid: async () => (await engine.stats()).models[0]?.pid ?? null,
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
