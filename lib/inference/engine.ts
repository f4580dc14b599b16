import type { ErrorCode, ModelManagementError } from '../errors';
import type { Signature } from '../registry/signature';
import type { VersionActivity } from './activity';
import type { Tensors } from './tensor';

/** What to load: one immutable model version (or a file) and how to name it in figures and errors. */
export interface ModelTarget {
  /** Same key, same process: the digests of the files and the session options, joined. */
  readonly key: string;
  readonly model: string;
  readonly version: number | null;
  readonly modelPath: string;
  /** Run first, in the same call; its outputs feed the model's inputs by name. */
  readonly preprocessingPath?: string;
}

export interface StartOptions {
  /** Output names to compute; default all. */
  readonly fetches?: readonly string[];
  /** Who asks: requests of different senders take turns, so that none waits behind another's flood. */
  readonly sender?: unknown;
}

export interface RunOptions extends StartOptions {
  /** Gives up on this request, waiting included; never kills the process. Default: no limit of its own. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Called once, and never from within the call that started the run. */
export type OnResult = (result: RunResult | ModelManagementError) => void;

/** Ends a run that nobody waits for any more: its result is `error`. What is in the process already runs to its end. */
export type GiveUp = (error: ModelManagementError) => void;

export interface RunResult {
  readonly outputs: Tensors;
  /** Time inside the runtime, without waiting and transport; that of the whole call, whoever shared it. */
  readonly durationMs: number;
  /** Requests that ran in the same call, this one included; 1 = alone. */
  readonly batchSize: number;
}

/** A lease on a loaded and warm version. The process ends some time after the last lease is released. */
export interface LoadedModel {
  readonly target: ModelTarget;
  /** As the runtime sees it, preprocessing included: inputs of the first model, outputs of the last. */
  readonly signature: Signature;
  /**
   * The tensors must not change before the result comes. Errors that come as the result: `INFERENCE_FAILED` (the runtime
   * refused the tensors), `ENGINE_TIMEOUT` (ran longer than `requestTimeoutMs`, process killed), `ENGINE_CRASHED` (this
   * request ended the process), `MODEL_FAILED` (keeps crashing), and what the run was given up with.
   *
   * @throws {ModelManagementError} `INFERENCE_FAILED` (no tensors of this signature), `QUEUE_FULL`, `MODEL_FAILED`,
   * `ABORTED` (unloaded); `onResult` is not called then
   */
  start(feeds: Tensors, options: StartOptions, onResult: OnResult): GiveUp;
  /** The same as a promise. @throws {ModelManagementError} what `start` throws and gives, `TIMEOUT`, `ABORTED` */
  run(feeds: Tensors, options?: RunOptions): Promise<RunResult>;
  /**
   * Idempotent. Requests under way still finish. With no lease left the version stays loaded for `keepMs` (default
   * `EngineOptions.idleMs`), so that whoever comes back soon finds it warm; 0 = not wanted again.
   */
  release(keepMs?: number): void;
}

export type ModelProcessState = 'starting' | 'ready' | 'restarting' | 'failed';

/** Counted since the version was loaded. `requests` = answered + errors + given up by the caller + under way. */
export interface ModelCounts {
  readonly requests: number;
  readonly answered: number;
  readonly errors: number;
  /** The same by code; only codes that came up. */
  readonly errorCodes: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Those of the errors that took too long: in the process, or for the caller, waiting included. */
  readonly timeouts: number;
  readonly restarts: number;
  /** From hand-over to answer, of all that were answered. */
  readonly latencySumMs: number;
}

/** Of the requests answered in the last one to two minutes; null when there was none. */
export interface RecentFigures {
  /** From hand-over to answer: waiting, transport and run. Off by at most 1 µs or 1.6 %. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Mean time inside the runtime, as `RunResult.durationMs`. */
  readonly runMs: number | null;
  /** Requests per call of the runtime. */
  readonly batchMean: number | null;
  readonly batchMax: number | null;
}

/** Figures of one loaded version. */
export interface ModelStats extends ModelCounts, RecentFigures {
  readonly model: string;
  readonly version: number | null;
  readonly pid: number | null;
  readonly state: ModelProcessState;
  /** Requests waiting or running. */
  readonly queue: number;
  readonly memoryBytes: number | null;
}

export interface EngineStats {
  readonly kind: 'native' | 'wasm' | 'none';
  readonly version: string | null;
  /** Why `kind` is `none`, or `wasm` though `native` would have been taken, and how to mend it. */
  readonly reason?: string;
  readonly models: readonly ModelStats[];
}

/** `auto` = native, and WebAssembly where that does not load. */
export type RuntimeChoice = 'auto' | 'native' | 'wasm';

export interface EngineOptions {
  readonly runtime: RuntimeChoice;
  /** Default 1. */
  readonly intraOpNumThreads: number;
  /** Run time (not waiting) after which the process is killed. Default 30,000. */
  readonly requestTimeoutMs: number;
  /**
   * Time to load a small model, after which its process is ended; larger ones get more, up to five times as much for
   * 2 GiB. Default 60,000.
   */
  readonly loadTimeoutMs: number;
  /** Resident memory above which a model's process is killed. Default: half of the machine, or of its container. */
  readonly memoryLimitBytes: number;
  /** Default 32. */
  readonly maxProcesses: number;
  /** How long a version stays loaded after its last lease. Default 300,000. */
  readonly idleMs: number;
}

/** Runs models in processes of their own. */
export interface Engine {
  /**
   * Loads and warms the version, or adds a lease to the one already loaded.
   * @throws {ModelManagementError} `ENGINE_FULL`, `ENGINE_UNAVAILABLE`, `VERSION_UNUSABLE` (does not load), `ABORTED`
   */
  load(target: ModelTarget, signal?: AbortSignal): Promise<LoadedModel>;
  /**
   * Loads the files once in a throw-away process under time, memory and file-size limits, and tells the signature the
   * runtime sees. Several at a time only as far as processors and memory go; the others wait their turn.
   * @throws {ModelManagementError} `INVALID_MODEL`, `ENGINE_UNAVAILABLE`
   */
  probe(target: ModelTarget, signal?: AbortSignal): Promise<Signature>;
  stats(): Promise<EngineStats>;
  /**
   * What the versions of a model did in the last minutes, the newest version first; also those unloaded in the last
   * three hours. Up to `fineMinutes` in steps of two seconds, else by the minute.
   * @param minutes - at most `coarseMinutes`
   */
  activity(model: string, minutes: number): readonly VersionActivity[];
  /** Ends every process; idempotent; resolves when they are gone. */
  close(): Promise<void>;
}
