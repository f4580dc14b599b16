import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock';
import { storageError } from '../files';
import type { Log } from '../log';
import type { Signature } from '../registry/signature';
import type { ControlCommand } from './control-messages';
import type { Engine, EngineOptions, EngineStats, LoadedModel, ModelTarget } from './engine';
import { CHILD_FOLDER_PREFIX, type ChildPlace } from './engine-child';
import * as errors from './engine-errors';
import { LaunchFailure, launch } from './launch';
import { ModelPool } from './model-pool';
import { ModelProcess } from './model-process';
import { RuntimeLookup } from './runtime-lookup';
import { defaultSupervision, type Supervision } from './supervision';
import { untilAborted } from './until-aborted';

export interface EngineDeps {
  /** Defaults: `defaultEngineOptions`. */
  readonly options?: Partial<EngineOptions>;
  /** Defaults: `defaultSupervision`. */
  readonly supervision?: Partial<Supervision>;
  /** The built entry point, `dist/lib/inference/engine-process.js`. */
  readonly processPath: string;
  /** Of this engine alone: processes work in here, and what an earlier engine left is removed. */
  readonly tempPath: string;
  /** Folders whose `node_modules` may hold onnxruntime-node beside our own, such as Node-RED's user directory. */
  readonly runtimePaths?: readonly string[];
  /** Node.js binary of the engine processes. Default: the one that runs this. */
  readonly nodePath?: string;
  readonly log: Log;
  readonly clock: Clock;
}

export const defaultEngineOptions: EngineOptions = {
  runtime: 'auto',
  intraOpNumThreads: 1,
  requestTimeoutMs: 30_000,
  maxProcesses: 32,
  idleMs: 300_000,
};

/** Larger files are not tried: the format itself ends at 2 GiB. */
const MAX_MODEL_BYTES = 2 * 1024 * 1024 * 1024;

/** Runs models in processes of their own, one for each loaded version. Nothing starts before the first call. */
export function createEngine(deps: EngineDeps): Engine {
  return new ProcessEngine(deps);
}

class ProcessEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #supervision: Supervision;
  readonly #place: ChildPlace;
  readonly #pool: ModelPool;
  readonly #lookup: RuntimeLookup;
  readonly #closing = new AbortController();
  #prepared: Promise<void> | undefined;
  #probes: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: EngineDeps) {
    this.#options = { ...defaultEngineOptions, ...deps.options };
    this.#supervision = { ...defaultSupervision, ...deps.supervision };
    this.#place = {
      processPath: deps.processPath,
      tempPath: deps.tempPath,
      nodePath: deps.nodePath ?? process.execPath,
    };
    this.#pool = new ModelPool(this.#options, (target) => this.#createProcess(target));
    this.#lookup = new RuntimeLookup(this.#place, deps.runtimePaths ?? [], deps.clock, this.#closing.signal);
  }

  async load(target: ModelTarget, signal?: AbortSignal): Promise<LoadedModel> {
    await this.#prepare();
    this.#checkUsable();
    return await this.#pool.acquire(target, signal);
  }

  async probe(target: ModelTarget, signal?: AbortSignal): Promise<Signature> {
    await this.#prepare();
    // One at a time: each may take as much memory as its limit allows.
    const probing = this.#probes.then(() => this.#probe(target, signal));
    this.#probes = probing.catch(() => undefined);
    return await untilAborted(probing, signal, `checking ${errors.nameOf(target)} was given up`);
  }

  async stats(): Promise<EngineStats> {
    const models = await this.#pool.stats();
    if (this.#options.runtime === 'wasm') return none(errors.wasmMissing(), models);
    const known = this.#pool.runtimeVersion;
    if (known !== null) return { kind: 'native', version: known, models };
    if (this.#closing.signal.aborted) return none(errors.aborted('the engine is closed'), models);
    await this.#prepare();
    const found = await this.#lookup.find();
    return found.version !== null ? { kind: 'native', version: found.version, models } : none(found.error, models);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#prepared?.catch(() => undefined);
    await this.#pool.close();
    await this.#probes;
    await this.#lookup.settle();
  }

  /** Once; after a failure (a full disk, say) again at the next call. */
  #prepare(): Promise<void> {
    this.#prepared ??= prepareFolder(this.deps.tempPath).catch((error: unknown) => {
      this.#prepared = undefined;
      throw storageError(error, 'preparing the folder of the engine');
    });
    return this.#prepared;
  }

  #checkUsable(): void {
    if (this.#closing.signal.aborted) throw errors.aborted('the engine is closed');
    if (this.#options.runtime === 'wasm') throw errors.wasmMissing();
  }

  #createProcess(target: ModelTarget): ModelProcess {
    const { clock, log } = this.deps;
    return new ModelProcess({
      target,
      place: this.#place,
      command: this.#commandFor(target),
      options: this.#options,
      supervision: this.#supervision,
      clock,
      log: log.child({ ns: 'engine', model: target.model, version: target.version }),
    });
  }

  #commandFor(
    { modelPath, preprocessingPath }: ModelTarget,
    memoryLimitBytes = this.#options.memoryLimitBytes,
  ): ControlCommand {
    return {
      type: 'load',
      runtimePaths: this.deps.runtimePaths ?? [],
      // The child works in a folder of its own.
      modelPath: resolve(modelPath),
      preprocessingPath: preprocessingPath === undefined ? null : resolve(preprocessingPath),
      intraOpNumThreads: this.#options.intraOpNumThreads,
      requestTimeoutMs: this.#options.requestTimeoutMs,
      memoryLimitBytes: memoryLimitBytes ?? null,
    };
  }

  /** A file nobody has looked at yet may take half of the machine at most. */
  get #probeMemoryBytes(): number {
    return this.#options.memoryLimitBytes ?? totalmem() / 2;
  }

  async #probe(target: ModelTarget, signal?: AbortSignal): Promise<Signature> {
    this.#checkUsable();
    try {
      await checkSizes(target);
      const signals = [this.#closing.signal, ...(signal ? [signal] : [])];
      const { child, reply } = await launch(this.#place, this.#commandFor(target, this.#probeMemoryBytes), {
        timeoutMs: this.#supervision.probeTimeoutMs,
        signal: AbortSignal.any(signals),
      });
      await child.stop();
      if (reply.type !== 'ready') throw new LaunchFailure('process', 'the engine process gave no signature');
      return reply.signature;
    } catch (error) {
      throw errors.launchError(error, target, 'INVALID_MODEL');
    }
  }
}

/** Makes the folder and removes what a killed parent left in it. */
async function prepareFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const left = (await readdir(path)).filter((name) => name.startsWith(CHILD_FOLDER_PREFIX));
  await Promise.all(left.map((name) => rm(join(path, name), { recursive: true, force: true })));
}

function none(error: { readonly message: string; readonly hint: string }, models: EngineStats['models']): EngineStats {
  return { kind: 'none', version: null, reason: `${error.message}. ${error.hint}`, models };
}

async function checkSizes({ modelPath, preprocessingPath }: ModelTarget): Promise<void> {
  for (const path of [modelPath, ...(preprocessingPath === undefined ? [] : [preprocessingPath])]) {
    const size = await sizeOf(path);
    if (size > MAX_MODEL_BYTES) {
      throw new LaunchFailure('model', `the file has ${size} bytes; at most ${MAX_MODEL_BYTES} can be loaded`);
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw new LaunchFailure('model', 'no such file can be read', { cause: error });
  }
}
