import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { asModelManagementError, ModelManagementError } from '../../errors';
import { ensureFolder } from '../../files';
import { LOCAL_EDGE } from '../../names';
import type { TrainingDeps } from '../dependencies';
import type { RunDocument } from './run-document';
import { RunLog } from './run-log';
import { planRun, type RunEvent, type RunStep, reduceRun } from './run-state';
import { isFinal } from './run-states';
import { runPaths, type ScriptSteps } from './script-steps';

const STOP_GRACE_MS = 10_000;
/** After the grace a runner has so long to say that it is over; then it is not listened to any more. */
const STOP_PATIENCE_MS = 30_000;
/** What a run left may not be to be removed at once, as when an engine starts again. */
const ORDER_RETRIES_MS = [500, 2_000, 5_000, 20_000];
/** A state that cannot be written down, as on a full disk, is tried again, the last of them for as long as it takes. */
const WRITE_RETRIES_MS = [200, 1_000, 5_000, 15_000];
export const MAX_LOG_BYTES = 10_485_760;

export interface DriverEvents {
  /** The run as it now is on the disk; not told of what nobody sees, as that it was put in order. */
  changed(run: RunDocument): void;
  logGrew(runId: string): void;
  /** It is over. Told once, and again only after a crash amid it: what comes of it must be the same then. */
  ended(run: RunDocument): Promise<void>;
}

/** What a driver has done for its run, each until it is done. */
export interface DrivenSteps extends Pick<ScriptSteps, 'runnerOf' | 'install' | 'train' | 'makeRoom' | 'clean'> {
  prepare(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent>;
  /** Told also when the run was to be stopped: what is there already counts for more. */
  collect(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent>;
  promote(run: RunDocument): Promise<RunEvent>;
}

export interface DriverDeps extends Pick<TrainingDeps, 'runsPath' | 'clock' | 'log'> {
  readonly documents: { readonly runs: Pick<TrainingDeps['documents']['runs'], 'get' | 'put'> };
}

/**
 * Takes one run from the state it is in to its end: plan, do, write down, again. What is written down is always one step
 * ahead of what is done, so a crash anywhere leads back to the step that was under way.
 */
export class RunDriver {
  readonly #cancel = new AbortController();
  #log: RunLog | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  readonly #closing = new AbortController();
  #orderTries = 0;
  #roomTries = 0;
  #applying: Promise<void> = Promise.resolve();

  constructor(
    private readonly id: string,
    private readonly steps: DrivenSteps,
    private readonly deps: DriverDeps,
    private readonly events: DriverEvents,
  ) {}

  private get run(): RunDocument | undefined {
    return this.deps.documents.runs.get(this.id);
  }

  /** Resolves when nothing is left to do; never rejects. */
  async drive(): Promise<void> {
    try {
      await this.#drive();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.deps.log.error('run not driven on', { run: this.id, error });
    } finally {
      clearTimeout(this.#timer);
      await this.#log?.close();
    }
  }

  /** Resolves when it is sure that the run will end as cancelled or timed out, whatever it was doing. */
  async stop(why: 'cancel' | 'timeout'): Promise<void> {
    await this.#apply({ kind: 'stop', why });
    const { run } = this;
    if (!run || isFinal(run.state) || this.#isStopping) return;
    this.#isStopping = true;
    // An edge may be further than what was heard of it.
    if (run.state !== 'training' && run.edge === LOCAL_EDGE) return this.#cancel.abort();
    this.#log?.line(why === 'cancel' ? 'Cancelled.' : 'The time limit is over.');
    void this.#askToEnd(run);
  }

  /** The scripts may put their work in order first. */
  async #askToEnd(run: RunDocument): Promise<void> {
    const patience = setTimeout(() => this.#cancel.abort(), STOP_GRACE_MS + STOP_PATIENCE_MS);
    this.#cancel.signal.addEventListener('abort', () => clearTimeout(patience), { once: true });
    patience.unref();
    try {
      // What is only about to start is not waited for.
      if (!(await this.#stopRunner(run))) this.#cancel.abort();
    } catch (error) {
      this.deps.log.warn('run not stopped by its runner', { run: this.id, error });
    }
  }

  /** Leaves the run as it is, to be driven on after a restart. */
  close(): void {
    this.#closing.abort();
    this.#cancel.abort();
  }

  async #drive(): Promise<void> {
    for (;;) {
      const { run } = this;
      if (!run || this.#closing.signal.aborted) return;
      const step = planRun(run);
      if (step.kind === 'nothing') return;
      if (run.stop && !isFinal(run.state) && !this.#isStopping) await this.#resumeStop(run);
      this.#watchDeadline(run);
      let event: RunEvent;
      try {
        event = await this.#perform(step, run);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (isFinal(run.state)) {
          // The run is over; when this does not help soon, it is tried again by the next look around.
          const delayMs = ORDER_RETRIES_MS[this.#orderTries++];
          if (delayMs !== undefined && (await this.#pause(delayMs))) continue;
          this.deps.log.warn('run not put in order', { run: this.id, step: step.kind, error });
          return;
        }
        if (step.kind === 'collect' && (await this.#hasRoomAgain(error))) continue;
        if (this.#closing.signal.aborted) return;
        event = failureEvent(asModelManagementError(error));
        this.#sayFailure(event);
      }
      await this.#applyInTheEnd(this.#asStopped(event));
    }
  }

  /** What a script has made is not lost for want of room: the time limit of collecting is how long it may last. */
  async #hasRoomAgain(error: unknown): Promise<boolean> {
    if (!ModelManagementError.is(error) || error.code !== 'STORAGE_FULL' || this.run?.stop !== null) return false;
    if (this.#roomTries === 0) {
      this.deps.log.error('no room for the outputs of a run yet', { run: this.id, error });
      this.#log?.line(`Waiting for room: ${error.message}`);
    }
    const delayMs = WRITE_RETRIES_MS[Math.min(this.#roomTries++, WRITE_RETRIES_MS.length - 1)] ?? 0;
    return this.#pause(delayMs);
  }

  /** False = it is closing. */
  #pause(delayMs: number): Promise<boolean> {
    return pause(delayMs, true, { signal: this.#closing.signal, ref: false }).catch(() => false);
  }

  /** A run that was to be stopped when the process ended. */
  async #resumeStop(run: RunDocument): Promise<void> {
    this.#isStopping = true;
    if (run.state === 'training') await this.#stopRunner(run).catch(() => undefined);
    this.#cancel.abort();
  }

  async #stopRunner(run: RunDocument): Promise<boolean> {
    const runner = await this.steps.runnerOf(run);
    return runner.stop(this.id, STOP_GRACE_MS, this.#closing.signal);
  }

  async #perform(step: RunStep, run: RunDocument): Promise<RunEvent> {
    const { signal } = this.#cancel;
    if (step.kind === 'promote') return this.steps.promote(run);
    if (step.kind === 'settle') {
      await this.events.ended(run);
      return { kind: 'settled' };
    }
    if (step.kind === 'clean') return this.steps.clean(run, this.#closing.signal);
    // A version that is there already counts for more: to collect looks for it before it hears anything.
    if (step.kind !== 'collect') signal.throwIfAborted();
    const log = await this.#openLog(run);
    switch (step.kind) {
      case 'prepare':
        return this.steps.prepare(run, log, signal);
      case 'install':
        return this.steps.install(run, log, signal);
      case 'train':
        return this.steps.train(run, log, signal);
      case 'collect':
        return this.steps.collect(run, log, signal);
      case 'nothing':
        throw new Error('nothing cannot be done');
    }
  }

  async #openLog(run: RunDocument): Promise<RunLog> {
    if (this.#log) return this.#log;
    const { log: path } = runPaths(this.deps.runsPath, this.id);
    await ensureFolder(dirname(path));
    this.#log = await RunLog.open(path, MAX_LOG_BYTES, run.logOffset, () => this.events.logGrew(this.id));
    return this.#log;
  }

  /** Once it was asked to stop, only a version that is there already counts for more. */
  #asStopped(event: RunEvent): RunEvent {
    const { run } = this;
    if (!run?.stop || isFinal(run.state) || event.kind === 'collected' || event.kind === 'failed') return event;
    // How far an edge has come is not how the run ended there: that is heard next, with the last words of the scripts.
    if (run.edge !== LOCAL_EDGE && (event.kind === 'prepared' || event.kind === 'installed')) return event;
    return failureEvent(asModelManagementError(new Error('stopped')));
  }

  #sayFailure(event: RunEvent): void {
    if (event.kind !== 'failed' && event.kind !== 'lost') return;
    if (this.run?.stop === null) this.#log?.line(`Failed: ${event.error.message}`);
  }

  #watchDeadline(run: RunDocument): void {
    clearTimeout(this.#timer);
    if (run.deadlineAt === null) return;
    const waitMs = Math.min(Math.max(run.deadlineAt - this.deps.clock.now(), 0), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      const now = this.run;
      if (now && now.deadlineAt !== null && now.deadlineAt > this.deps.clock.now()) return this.#watchDeadline(now);
      this.stop('timeout').catch((error: unknown) => this.deps.log.error('run not timed out', { run: this.id, error }));
    }, waitMs);
    this.#timer.unref();
  }

  /** As soon as the disk takes it: whatever a run has come to may not be forgotten for want of room. */
  async #applyInTheEnd(event: RunEvent): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#apply(event);
      } catch (error) {
        if (!ModelManagementError.is(error) || !['STORAGE_FULL', 'STORAGE_FAILED'].includes(error.code)) throw error;
        if (tries === 0) this.deps.log.error('run not written down yet', { run: this.id, error });
        // Perhaps it was this run that filled it; what failed is not looked at again.
        if (event.kind === 'failed' || event.kind === 'lost') await this.steps.makeRoom(this.id);
        if (!(await this.#pause(WRITE_RETRIES_MS[Math.min(tries, WRITE_RETRIES_MS.length - 1)] ?? 0))) throw error;
      }
    }
  }

  /** Events take turns: each starts from what the one before left. */
  #apply(event: RunEvent): Promise<void> {
    const result = this.#applying.then(() => this.#applyNow(event));
    this.#applying = result.catch(() => undefined);
    return result;
  }

  /** On the disk before anything else is done. */
  async #applyNow(event: RunEvent): Promise<void> {
    const { run } = this;
    if (!run) return;
    const next = reduceRun(run, event, this.deps.clock.now());
    if (next === run) return;
    // Who hears that a run is over finds its log whole.
    await (isFinal(next.state) ? this.#log?.finish() : this.#log?.flush());
    await this.deps.documents.runs.put(next);
    if (event.kind !== 'settled' && event.kind !== 'cleaned') this.events.changed(next);
  }
}

function failureEvent(error: ModelManagementError): RunEvent {
  const { code, message, hint } = error;
  return { kind: code === 'RUN_LOST' ? 'lost' : 'failed', error: { code, message, hint } };
}
