import type { DataRequest } from '../../collections';
import type { Limits } from '../job';
import type { Environment, QueryInput, RunDocument } from '../run/run-document';

/** What a runner has to know of a run. */
export interface RunTask {
  readonly runId: string;
  readonly job: string;
  readonly image: string;
  readonly network: 'none' | 'bridge';
  readonly gpus: boolean;
  readonly limits: Limits;
  /** Folder with everything the run starts from: what a script finds where it runs. */
  readonly workPath: string;
  /** Text of requirements.txt; null or blank = nothing to install. */
  readonly requirements: string | null;
  /** Names of the scripts in the work folder, in order. */
  readonly scripts: readonly string[];
  /** For scripts; secrets in plain text. */
  readonly variables: readonly (readonly [string, string])[];
  /** Paths below the work folder that are looked for afterwards; a folder with all that is in it. */
  readonly outputs: readonly string[];
}

/** Takes what is said while a run installs or trains. */
export interface LineLog {
  /** The last of it, for errors. */
  readonly lastLines: readonly string[];
  line(text: string): void;
  /** Forgets what was said since the mark: it is about to be said again. */
  restart(): void;
}

/** A log of which a part can be said again. */
export interface MarkedLog extends LineLog {
  /** What comes from here on, or from `at`, is said again after a `restart`. @returns its length there, bytes */
  mark(at?: number): Promise<number>;
}

/** What a run starts from, as far as it is known where the run is not carried out. */
export interface PreparedInput {
  readonly base: RunDocument['base'];
  /** One for each query of the job; what only the place where it runs can read is a request. */
  readonly queries: readonly (QueryInput | { readonly id: string; readonly request: DataRequest })[];
}

/** For runners that are not where the work folder is: what it takes before they can install. */
export interface Delegation {
  /** True when the run was handed over, and goes on there. */
  isGiven(runId: string): boolean;
  /**
   * Hands a run over with all that lies in its work folder. It is on the disk when this resolves.
   * @param run - with secrets of the job as they are stored
   * @throws {ModelManagementError} `RUNNER_UNAVAILABLE`, `STORAGE_FULL`, `STORAGE_FAILED`
   */
  give(run: RunDocument, input: PreparedInput, workPath: string, log: MarkedLog, signal: AbortSignal): Promise<void>;
  /** Resolves when everything is there. @returns of several `queries` of one id the first counts. @throws what the run failed with; `RUN_LOST` */
  prepared(
    runId: string,
    log: MarkedLog,
    signal: AbortSignal,
  ): Promise<{ readonly base: RunDocument['base']; readonly queries: readonly QueryInput[] }>;
}

export interface RunExit {
  readonly exitCode: number;
  /** The kernel ended a process of the run for want of memory, whatever the exit code. */
  readonly oomKilled: boolean;
  /** Index of the script that was running when it ended otherwise than well; null = none. */
  readonly failedScript: number | null;
}

/**
 * A place where scripts run. Everything may be called again after a crash of this process and then goes on where it
 * was; what a run left is told by its id alone.
 */
export interface Runner {
  /** Absent = it runs where the work folder is. */
  readonly delegation?: Delegation;
  /**
   * Makes the environment, or finds it made.
   * @throws {ModelManagementError} `IMAGE_UNAVAILABLE`, `INSTALL_FAILED`, `RUNNER_UNAVAILABLE`, `ABORTED`
   */
  install(task: RunTask, log: MarkedLog, signal: AbortSignal): Promise<Environment>;
  /**
   * Starts the scripts, or finds them under way or over, and follows them to their end.
   * @param signal - gives up following; the scripts go on
   * @throws {ModelManagementError} `RUN_LOST` when nothing is left of what had begun; `RUNNER_UNAVAILABLE`
   */
  train(task: RunTask, environment: Environment, log: MarkedLog, signal: AbortSignal): Promise<RunExit>;
  /**
   * Asks the scripts to end, and ends them after the grace.
   * @param signal - gives up asking; the scripts go on
   * @returns false when nothing ran that could be asked
   */
  stop(runId: string, graceMs: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Copies outputs into an empty folder; those that are not there are left out.
   * @throws {ModelManagementError} `UNSAFE_OUTPUT`, `OUTPUT_TOO_LARGE`, `RUNNER_UNAVAILABLE`
   */
  collect(task: RunTask, targetPath: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes all that is left of a run; nothing left is no error.
   * @param signal - gives up; what is left then is found by `leftovers`
   */
  remove(runId: string, signal?: AbortSignal): Promise<void>;
  /** Ids of runs of which something is left. */
  leftovers(): Promise<readonly string[]>;
  /** Removes what a crash left that belongs to no run; absent = nothing can be left. */
  tidy?(): Promise<void>;
  /** Removes environments that no run has used for so long. */
  collectGarbage(unusedMs: number): Promise<void>;
}
