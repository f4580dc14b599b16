import { createReadStream } from 'node:fs';
import { asModelManagementError, ModelManagementError } from '../../../errors';
import { maxTarBytes, unpackTar } from '../../../training/delegated/outputs-tar';
import type { Environment } from '../../../training/run/run-document';
import { isFinal } from '../../../training/run/run-states';
import { LineSplitter } from '../../../training/runners/line-splitter';
import type { Delegation, MarkedLog, RunExit, Runner, RunTask } from '../../../training/runners/runner';
import { isAbsent } from '../../artifacts';
import type { ReportedRun } from '../../protocol/run-documents';
import { heardError, type ToldError } from '../../protocol/told-error';
import type { RunDesk } from './run-desk';

/** Larger is no log of ours: see `MAX_LOG_BYTES`. */
const MAX_LOG_FILE_BYTES = 16 * 1_048_576;

/**
 * Runs scripts on an edge. What it does is told by the edge, however late: nothing ends because an edge is silent. A run
 * that fails there fails here with the same words.
 */
export class EdgeRunner implements Runner {
  readonly delegation: Delegation;

  constructor(
    private readonly edge: string,
    private readonly desk: RunDesk,
  ) {
    this.delegation = {
      isGiven: (runId) => desk.get(runId) !== undefined,
      give: (...given) => desk.give(...given),
      prepared: (runId, log, signal) => this.#prepared(runId, log, signal),
    };
  }

  async install({ runId }: RunTask, log: MarkedLog, signal: AbortSignal): Promise<Environment> {
    const word = await this.#follow(runId, log, signal, ({ environment }) => environment !== undefined);
    return word.environment ?? (await this.#failed(runId, word, log, signal));
  }

  async train({ runId }: RunTask, _environment: Environment, log: MarkedLog, signal: AbortSignal): Promise<RunExit> {
    const word = await this.#follow(runId, log, signal, () => false);
    if (word.state !== 'succeeded') return this.#failed(runId, word, log, signal);
    await this.#takeLog(runId, word, log, signal);
    return { exitCode: 0, oomKilled: word.oomKilled ?? false, failedScript: null };
  }

  async stop(runId: string): Promise<boolean> {
    if (!this.desk.get(runId)) return false;
    await this.desk.cancel(runId);
    // One that is away ends it when it is back; nobody waits for that.
    return this.desk.isOnline(this.edge);
  }

  async collect({ runId, limits }: RunTask, targetPath: string, signal: AbortSignal): Promise<void> {
    const word = await this.desk.follow(runId, noLog, signal, (said) => (isFinal(said.state) ? said : undefined));
    const outputs = word.outputs?.find(({ kind }) => kind === 'outputs');
    if (!outputs) throw nothingLeft(this.edge);
    if (outputs.sizeBytes > maxTarBytes(limits)) {
      const message = `The outputs have ${outputs.sizeBytes} bytes, and ${limits.outputBytes} are allowed.`;
      throw new ModelManagementError('OUTPUT_TOO_LARGE', message, 'Raise limits.outputBytes of the job.');
    }
    const path = await this.desk.fetch(runId, outputs, signal).catch((error: unknown) => {
      throw isAbsent(error) ? nothingLeft(this.edge, error) : error;
    });
    await unpackTar(path, targetPath, limits);
  }

  remove(runId: string): Promise<void> {
    return this.desk.remove(runId);
  }

  async leftovers(): Promise<readonly string[]> {
    return this.desk.idsOn(this.edge);
  }

  /** The edge does that itself. */
  async collectGarbage(): Promise<void> {}

  async #prepared(runId: string, log: MarkedLog, signal: AbortSignal): ReturnType<Delegation['prepared']> {
    const word = await this.#follow(runId, log, signal, ({ queries }) => queries !== undefined);
    const { base, queries } = this.desk.get(runId) ?? { base: null, queries: [] };
    // What was read here is known here.
    return word.queries ? { base, queries: [...queries, ...word.queries] } : this.#failed(runId, word, log, signal);
  }

  /** Until it has come so far, or is over. */
  async #follow(
    runId: string,
    log: MarkedLog,
    signal: AbortSignal,
    isEnough: (word: ReportedRun) => boolean,
  ): Promise<ReportedRun> {
    const { logOffset } = this.desk.get(runId) ?? {};
    if (logOffset !== undefined) await log.mark(logOffset);
    return this.desk.follow(runId, log, signal, (word) => (isFinal(word.state) || isEnough(word) ? word : undefined));
  }

  async #failed(runId: string, word: ReportedRun, log: MarkedLog, signal: AbortSignal): Promise<never> {
    await this.#takeLog(runId, word, log, signal);
    throw heardError(word.error ?? unexplained(word, this.edge));
  }

  /** The run ends as it ended there, also when its log does not come. */
  async #takeLog(runId: string, word: ReportedRun, log: MarkedLog, signal: AbortSignal): Promise<void> {
    try {
      await this.#replaceLog(runId, word, log, signal);
    } catch (error) {
      if (signal.aborted || (ModelManagementError.is(error) && error.code === 'RUN_LOST')) throw error;
      const { message } = asModelManagementError(error);
      log.line(`The whole log did not come from ${this.edge}, lines may be missing: ${message}`);
    }
  }

  /** In place of what was heard of it, which may have gaps. */
  async #replaceLog(runId: string, { outputs }: ReportedRun, log: MarkedLog, signal: AbortSignal): Promise<void> {
    const file = outputs?.find(({ kind }) => kind === 'log');
    const { logOffset } = this.desk.get(runId) ?? {};
    if (!file || logOffset === undefined || file.sizeBytes > MAX_LOG_FILE_BYTES) return;
    const path = await this.desk.fetch(runId, file, signal);
    await log.mark(logOffset);
    log.restart();
    const splitter = new LineSplitter((line) => log.line(line));
    for await (const chunk of createReadStream(path)) splitter.push(chunk as Buffer);
    splitter.flush();
  }
}

const noLog: MarkedLog = { lastLines: [], line: () => undefined, restart: () => undefined, mark: async () => 0 };

const nothingLeft = (edge: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError('RUN_LOST', `The outputs are not on ${edge} any more.`, 'Start the job again.', { cause });

function unexplained({ state }: ReportedRun, edge: string): ToldError {
  const code = state === 'cancelled' ? 'RUN_CANCELLED' : state === 'timed_out' ? 'RUN_TIMEOUT' : 'INTERNAL';
  return { code, message: `The run ended as ${state} on ${edge}.`, hint: `See the log of Node-RED on ${edge}.` };
}
