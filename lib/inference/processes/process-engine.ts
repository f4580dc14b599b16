import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Admission } from '../../admission';
import type { Clock } from '../../clock';
import { storageError } from '../../files';
import type { Log } from '../../log';
import type { Signature } from '../../registry/signature';
import type { VersionActivity } from '../activity';
import type { Engine, EngineOptions, EngineStats, LoadedModel, ModelTarget } from '../engine';
import { untilAborted } from '../until-aborted';
import type { ControlCommand } from '../wire/control-messages';
import { ActivityLog } from './activity-log';
import { ActivitySampler } from './activity-sampler';
import { CHILD_FOLDER_PREFIX, type ChildPlace } from './engine-child';
import * as errors from './engine-errors';
import { type GoodReply, LaunchFailure, launch } from './launch';
import {
  defaultMemoryLimitBytes,
  loadTimeoutMs,
  MAX_MODEL_BYTES,
  machineMemoryBytes,
  probeMemoryBytes,
} from './load-limits';
import { ModelPool } from './model-pool';
import { ModelProcess } from './model-process';
import { type RuntimeFacts, RuntimeLookup } from './runtime-lookup';
import { defaultSupervision, type Supervision } from './supervision';

export interface EngineDeps {
  /** Defaults: `defaultEngineOptions`. */
  readonly options?: Partial<EngineOptions>;
  /** Defaults: `defaultSupervision`. */
  readonly supervision?: Partial<Supervision>;
  /** The built entry point, `dist/lib/inference/child/engine-process.js`. */
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
  loadTimeoutMs: 60_000,
  memoryLimitBytes: defaultMemoryLimitBytes(machineMemoryBytes()),
  maxProcesses: 32,
  idleMs: 300_000,
};

/** More probes at a time leave no processor for those who want answers. */
const MAX_PROBE_COUNT = 4;
/** Whole numbers: added and taken away again, fractions leave a rest, and a full share would never fit again. */
const PROBE_SHARES = 1_000;

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
  readonly #activity = new ActivityLog();
  readonly #sampler: ActivitySampler;
  readonly #closing = new AbortController();
  #prepared: Promise<void> | undefined;
  /** Shares of the processors and of half the memory that probes may take together. */
  readonly #probes = new Admission(PROBE_SHARES);
  readonly #probing = new Set<Promise<unknown>>();

  constructor(private readonly deps: EngineDeps) {
    this.#options = { ...defaultEngineOptions, ...deps.options };
    this.#supervision = { ...defaultSupervision, ...deps.supervision };
    this.#place = {
      processPath: deps.processPath,
      tempPath: deps.tempPath,
      nodePath: deps.nodePath ?? process.execPath,
    };
    this.#pool = new ModelPool(this.#options, (target) => this.#createProcess(target));
    this.#sampler = new ActivitySampler(() => this.#pool.processes, deps.clock);
    this.#lookup = new RuntimeLookup(
      this.#place,
      this.#options.runtime,
      deps.runtimePaths ?? [],
      deps.clock,
      this.#closing.signal,
    );
  }

  async load(target: ModelTarget, signal?: AbortSignal): Promise<LoadedModel> {
    await this.#prepare();
    this.#checkUsable();
    this.#sampler.start();
    return await this.#pool.acquire(target, signal);
  }

  async probe(target: ModelTarget, signal?: AbortSignal): Promise<Signature> {
    await this.#prepare();
    this.#checkUsable();
    const probing = this.#probe(target, signal);
    this.#probing.add(probing);
    probing.catch(() => undefined).finally(() => this.#probing.delete(probing));
    return await untilAborted(probing, signal, `checking ${errors.nameOf(target)} was given up`);
  }

  async stats(): Promise<EngineStats> {
    const models = await this.#pool.stats();
    const known = this.#pool.runtime;
    if (known) return withRuntime(known, models);
    if (this.#closing.signal.aborted) return none(errors.aborted('the engine is closed'), models);
    await this.#prepare();
    const found = await this.#lookup.find();
    return found.kind === 'none' ? none(found.error, models) : withRuntime(found, models);
  }

  activity(model: string, minutes: number): readonly VersionActivity[] {
    return this.#activity.read(model, minutes, this.deps.clock.now());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#sampler.stop();
    await this.#prepared?.catch(() => undefined);
    await this.#pool.close();
    await Promise.allSettled(this.#probing);
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
  }

  #createProcess(target: ModelTarget): ModelProcess {
    const { clock, log } = this.deps;
    return new ModelProcess({
      target,
      place: this.#place,
      command: this.#commandFor(target),
      options: this.#options,
      supervision: this.#supervision,
      figures: this.#activity.open(target, clock.now()),
      clock,
      log: log.child({ ns: 'engine', model: target.model, version: target.version }),
    });
  }

  #commandFor(
    { modelPath, preprocessingPath }: ModelTarget,
    memoryLimitBytes = this.#options.memoryLimitBytes,
  ): Extract<ControlCommand, { type: 'load' }> {
    return {
      type: 'load',
      runtime: this.#options.runtime,
      runtimePaths: this.deps.runtimePaths ?? [],
      // The child works in a folder of its own.
      modelPath: resolve(modelPath),
      preprocessingPath: preprocessingPath === undefined ? null : resolve(preprocessingPath),
      intraOpNumThreads: this.#options.intraOpNumThreads,
      requestTimeoutMs: this.#options.requestTimeoutMs,
      memoryLimitBytes,
    };
  }

  async #probe(target: ModelTarget, signal?: AbortSignal): Promise<Signature> {
    const given = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    try {
      const fileBytes = await sizeOfFiles(target);
      const limitBytes = probeMemoryBytes(fileBytes, this.#options.memoryLimitBytes);
      const share = Math.max(
        limitBytes / defaultMemoryLimitBytes(machineMemoryBytes()),
        1 / Math.min(MAX_PROBE_COUNT, availableParallelism()),
      );
      const cost = Math.floor(share * PROBE_SHARES);
      const timeoutMs = loadTimeoutMs(fileBytes, this.#options.loadTimeoutMs);
      const command = this.#commandFor(target, limitBytes);
      const reply = await this.#probes.run(cost, () => tryOut(this.#place, command, timeoutMs, given), given);
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

function withRuntime({ kind, version, reason }: RuntimeFacts, models: EngineStats['models']): EngineStats {
  return { kind, version, ...(reason === null ? {} : { reason: errors.fallbackReason(reason) }), models };
}

function none(error: { readonly message: string; readonly hint: string }, models: EngineStats['models']): EngineStats {
  return { kind: 'none', version: null, reason: `${error.message}. ${error.hint}`, models };
}

/** Starts the process and ends it as soon as it has said what it has to say. */
async function tryOut(
  place: ChildPlace,
  command: ControlCommand,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<GoodReply> {
  const { child, reply } = await launch(place, command, { timeoutMs, signal, isBackground: true });
  await child.stop();
  return reply;
}

/** Of model and preprocessing together. @throws {LaunchFailure} */
async function sizeOfFiles({ modelPath, preprocessingPath }: ModelTarget): Promise<number> {
  let total = 0;
  for (const path of [modelPath, ...(preprocessingPath === undefined ? [] : [preprocessingPath])]) {
    const size = await sizeOf(path);
    if (size > MAX_MODEL_BYTES) {
      throw new LaunchFailure('model', `the file has ${size} bytes; at most ${MAX_MODEL_BYTES} can be loaded`);
    }
    total += size;
  }
  return total;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw new LaunchFailure('model', 'no such file can be read', { cause: error });
  }
}
