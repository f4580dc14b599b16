import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../lib/clock';
import type { Engine, EngineOptions, LoadedModel, ModelTarget } from '../../lib/inference/engine';
import { createEngine } from '../../lib/inference/process-engine';
import type { Supervision } from '../../lib/inference/supervision';
import type { Tensor, Tensors } from '../../lib/inference/tensor';
import { silentLog } from '../../lib/log';
import { builtEngineProcessPath } from './built-engine';
import { buildModel, type ModelSpec } from './onnx-models';
import { temporaryFolder } from './temporary-folder';

export interface EngineLabOptions {
  readonly options?: Partial<EngineOptions>;
  readonly supervision?: Partial<Supervision>;
  readonly clock?: Clock;
  readonly processPath?: string;
  readonly nodePath?: string;
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

export async function openEngineLab(lab: EngineLabOptions = {}): Promise<EngineLab> {
  const folder = await temporaryFolder();
  const tempPath = join(folder.path, 'temp');
  await mkdir(join(folder.path, 'models'));
  const engine = createEngine({
    ...(lab.options ? { options: lab.options } : {}),
    ...(lab.supervision ? { supervision: lab.supervision } : {}),
    ...(lab.nodePath ? { nodePath: lab.nodePath } : {}),
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

export function floats(dims: readonly number[], ...values: number[]): Tensor {
  return { type: 'float32', dims, data: Float32Array.from(values) };
}

/** Four features under the name `x`. */
export function row(...values: number[]): Tensors {
  return new Map([['x', floats([1, 4], ...values)]]);
}

/** Feeds of `loopModel`: about a million rounds take a second. */
export function rounds(count: number | bigint): Tensors {
  return new Map<string, Tensor>([
    ['n', { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(count)) }],
    ['x', floats([1], 7)],
  ]);
}

/** More rounds than anybody waits for. */
export const ENDLESS = 10n ** 15n;
