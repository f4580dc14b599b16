import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ModelManagementError } from '../errors';
import { parseInput } from '../parse-input';
import type { TrainingDeps } from './dependencies';
import { type JobDocument, JobFields, LimitOverrides } from './job';
import { newRun } from './run/new-run';
import { filesBelow } from './run/outputs-archive';
import type { RunDocument } from './run/run-document';
import { type DriverEvents, RunDriver } from './run/run-driver';
import { mayBegin, planRun, reduceRun } from './run/run-state';
import { isFinal } from './run/run-states';
import { RunSteps } from './run/run-steps';
import { runPaths } from './run/script-steps';
import { labelOf, readyPlaces } from './training-place';

export const RunInput = z.strictObject({
  overrides: z
    .strictObject({
      env: z.record(z.string(), z.string()).exactOptional(),
      limits: LimitOverrides.exactOptional(),
      data: z.literal('all').exactOptional(),
      fresh: z.literal(true).exactOptional(),
    })
    .prefault({}),
});
export type RunOverrides = z.infer<typeof RunInput>['overrides'];

export interface StartOptions {
  readonly trigger: RunDocument['trigger'];
  readonly user: string | null;
  readonly overrides?: RunOverrides;
  /** The run that is tried again, with all it was told; the job may be another by now. */
  readonly again?: RunDocument;
  readonly notBefore?: number;
  readonly dueAt?: number;
  readonly node?: string | undefined;
}

/** Who asks for a run. */
export interface RunRequest {
  readonly trigger: 'manual' | 'node';
  readonly user: string | null;
  /** Id of the node that asks. */
  readonly node?: string;
}

export interface StartedRun {
  readonly run: RunDocument;
  /** It was there already, and does what was asked for. */
  readonly isJoined: boolean;
}

/** What could not be written down, as on a full disk, is tried again after so long. */
const BEGIN_RETRY_MS = 15_000;
/** Longer than whatever a driver waits for once it is to leave its run; what goes on then is not waited for. */
const CLOSING_MS = 15_000;
/** Stands for the id of a run that nobody started. */
export const PREVIEW_RUN = 'preview';
const noLog = { lastLines: [], line: () => undefined, restart: () => undefined };

/** The runs: those that wait, those under way, and what is kept of those that ended. */
export class Runs {
  readonly #steps: RunSteps;
  readonly #driven = new Map<string, { readonly driver: RunDriver; readonly done: Promise<void> }>();
  /** Starting and beginning take turns, so that two of them never see the same room. */
  #work: Promise<unknown> = Promise.resolve();
  /** Made anew when a run has changed. */
  #sorted:
    | {
        readonly all: readonly RunDocument[];
        readonly runs: readonly RunDocument[];
        readonly byJob: ReadonlyMap<string, readonly RunDocument[]>;
      }
    | undefined;
  #wake: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** A run may wait for an edge that has its label and can take it. */
  readonly #unwatchEdges: () => void;

  constructor(
    private readonly deps: TrainingDeps,
    private readonly events: DriverEvents,
  ) {
    this.#steps = new RunSteps(deps);
    const waits = ({ state, edge }: RunDocument): boolean => state === 'queued' && labelOf(edge) !== undefined;
    this.#unwatchEdges = deps.edges.onChange(() => this.list().some(waits) && this.#beginLater());
  }

  /** Newest first; of one job when its id is given. */
  list(jobId?: string): readonly RunDocument[] {
    const all = this.deps.documents.runs.all();
    if (this.#sorted?.all !== all) {
      const runs = all.toSorted((a, b) => b.createdAt - a.createdAt || b.number - a.number);
      this.#sorted = { all, runs, byJob: Map.groupBy(runs, (run) => run.jobId) };
    }
    return jobId === undefined ? this.#sorted.runs : (this.#sorted.byJob.get(jobId) ?? []);
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  get(id: string): RunDocument {
    const found = this.deps.documents.runs.get(id);
    if (found) return found;
    throw new ModelManagementError(
      'RUN_NOT_FOUND',
      'There is no such run.',
      'It may have been removed by the retention of runs.',
    );
  }

  active(jobId: string): readonly RunDocument[] {
    return this.list(jobId).filter(({ state }) => !isFinal(state));
  }

  /**
   * Queues a run of a job as it is when the turn of the run comes, whatever it was when it was asked for.
   * @param asked - the job; another one of its name is not meant
   * @throws {ModelManagementError} `RUN_ACTIVE` when one is under way and the job's overlap says to skip;
   *   `JOB_NOT_FOUND` when the job was deleted meanwhile; `RUN_CANCELLED` when its schedule no longer wants the run
   */
  start(
    asked: JobDocument,
    { trigger, user, overrides = {}, again, notBefore = 0, dueAt, node }: StartOptions,
  ): Promise<StartedRun> {
    return this.#inTurn(async () => {
      const job = this.#presentJob(asked);
      if (trigger === 'schedule') refuseUnscheduled(job, asked);
      const known = dueAt === undefined ? undefined : this.list(job.id).find((run) => run.dueAt === dueAt);
      if (known) return { run: known, isJoined: true };
      const active = this.active(job.id);
      const queued = active.find(({ state }) => state === 'queued');
      if (active.length > 0 && job.fields.overlap === 'skip') throw runActive(job, active);
      if (job.fields.overlap === 'queueOne' && queued) {
        if (!hasAll(queued, job, overrides)) throw otherQueued(queued);
        return { run: queued, isJoined: true };
      }
      if (job.fields.overlap === 'cancelOther') for (const run of active) await this.#stopInTurn(run._id, 'cancel');
      const number = 1 + Math.max(job.lastNumber, ...this.list(job.id).map((run) => run.number));
      const run = newRun({
        job: { ...job, files: again?.files ?? job.files },
        number,
        fields: again?.fields ?? overridden(job.fields, overrides),
        options: again?.options ?? optionsOf(overrides),
        trigger,
        user,
        node: node ?? null,
        attempt: again ? again.attempt + 1 : 0,
        notBefore,
        dueAt: dueAt ?? null,
        createdAt: this.deps.clock.now(),
      });
      await this.deps.documents.runs.put(run);
      this.events.changed(run);
      this.#beginLater();
      return { run, isJoined: false };
    });
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  async cancel(id: string): Promise<RunDocument> {
    this.get(id);
    await this.#stop(id, 'cancel');
    return this.get(id);
  }

  #presentJob({ _id, id, name }: JobDocument): JobDocument {
    const job = this.deps.documents.jobs.get(_id);
    if (job?.id === id) return job;
    throw new ModelManagementError('JOB_NOT_FOUND', `The job ${name} was deleted meanwhile.`, 'Start another one.');
  }

  /** After a start: goes on with what was under way; what belongs to no job any more is cancelled. */
  resume(): void {
    for (const run of this.list()) {
      if (run.state !== 'queued' && planRun(run).kind !== 'nothing') this.#drive(run._id);
    }
    this.#beginLater();
  }

  /** Removes containers, volumes and processes of runs that are over. */
  async reap(): Promise<void> {
    // A run is written down before anything is made for it: what none of them uses is not even loaded.
    for (const run of firstOfEachPlace(this.list())) {
      try {
        const runner = await this.#steps.runnerOf(run);
        for (const runId of await runner.leftovers()) {
          if (this.#isClosed) return;
          const left = this.deps.documents.runs.get(runId);
          if (left && (!isFinal(left.state) || this.#driven.has(runId))) continue;
          await runner.remove(runId);
        }
        await runner.tidy?.();
      } catch (error) {
        this.deps.log.debug('leftovers of runs not looked for', () => ({ edge: run.edge, error }));
      }
    }
    for (const run of this.list()) {
      if (isFinal(run.state) && planRun(run).kind !== 'nothing') this.#drive(run._id);
    }
  }

  /** The log as far as it is written. */
  async log(id: string, offset: number): Promise<{ readonly sizeBytes: number; readonly stream: Readable | null }> {
    this.get(id);
    const path = runPaths(this.deps.runsPath, id).log;
    const found = await stat(path).catch(() => undefined);
    const sizeBytes = found?.size ?? 0;
    return {
      sizeBytes,
      stream: offset < sizeBytes ? createReadStream(path, { start: offset, end: sizeBytes - 1 }) : null,
    };
  }

  async outputs(id: string): Promise<readonly { readonly path: string; readonly sizeBytes: number }[]> {
    this.get(id);
    const { outputs } = runPaths(this.deps.runsPath, id);
    if (!(await stat(outputs).catch(() => undefined))) return [];
    const paths = await filesBelow(outputs);
    return Promise.all(
      paths.map(async (path) => ({ path, sizeBytes: (await stat(join(outputs, ...path.split('/')))).size })),
    );
  }

  /** Where an output lies. @throws {ModelManagementError} `FILE_NOT_FOUND` */
  async output(id: string, path: string): Promise<string> {
    const known = await this.outputs(id);
    if (known.some((output) => output.path === path))
      return join(runPaths(this.deps.runsPath, id).outputs, ...path.split('/'));
    throw new ModelManagementError('FILE_NOT_FOUND', 'The run left no such file.', 'See the list of its outputs.');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatchEdges();
    clearTimeout(this.#wake);
    for (const { driver } of this.#driven.values()) driver.close();
    const isOver = this.#work.then(() => Promise.all([...this.#driven.values()].map(({ done }) => done)));
    const hasEnded = await Promise.race([isOver, pause(CLOSING_MS, false, { ref: false })]);
    if (!hasEnded) this.deps.log.warn('runs not left in time', { runs: [...this.#driven.keys()] });
  }

  /** Puts what a run of the job would find into a folder, as a run does. */
  async fill(job: JobDocument, path: string, signal: AbortSignal): Promise<void> {
    const { fields, files, id } = job;
    await this.#steps.fill(
      { _id: PREVIEW_RUN, jobId: id, fields, files, options: { allData: false, fresh: false } },
      path,
      noLog,
      signal,
    );
  }

  /** Resolves when it is sure that they will end. */
  cancelAll(jobId: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const run of this.active(jobId)) await this.#stopInTurn(run._id, 'cancel');
    });
  }

  #stop(id: string, why: 'cancel' | 'timeout'): Promise<void> {
    return this.#inTurn(() => this.#stopInTurn(id, why));
  }

  /** Only between what begins runs. */
  async #stopInTurn(id: string, why: 'cancel' | 'timeout'): Promise<void> {
    const driven = this.#driven.get(id);
    if (driven) return driven.driver.stop(why);
    const run = this.get(id);
    const next = reduceRun(run, { kind: 'stop', why }, this.deps.clock.now());
    if (next === run) return;
    await this.deps.documents.runs.put(next);
    this.events.changed(next);
    if (planRun(next).kind !== 'nothing') this.#drive(id);
  }

  #beginLater(): void {
    void this.#inTurn(() => this.#begin()).catch((error: unknown) => {
      this.deps.log.error('runs not begun', { error });
      if (!this.#isClosed) this.#wake = setTimeout(() => this.#beginLater(), BEGIN_RETRY_MS).unref();
    });
  }

  async #begin(): Promise<void> {
    if (this.#isClosed) return;
    clearTimeout(this.#wake);
    await this.#cancelOrphans();
    const all = this.deps.documents.runs.all();
    const now = this.deps.clock.now();
    const placesOf = (run: RunDocument): readonly string[] =>
      labelOf(run.edge) === undefined ? [run.edge] : readyPlaces(run.edge, run.fields.runner, this.deps.edges);
    for (const run of mayBegin(all, this.deps.maxConcurrentRuns, now, placesOf)) {
      const begun = reduceRun(run, { kind: 'begun' }, now);
      await this.deps.documents.runs.put(begun);
      this.events.changed(begun);
      this.#drive(run._id);
    }
    const later = all
      .filter(({ state, notBefore }) => state === 'queued' && notBefore > now)
      .map(({ notBefore }) => notBefore);
    if (later.length === 0) return;
    this.#wake = setTimeout(() => this.#beginLater(), Math.min(Math.min(...later) - now, 60_000)).unref();
  }

  /** A process may have ended between the removal of a job and the end of its runs. */
  async #cancelOrphans(): Promise<void> {
    const jobIds = new Set(this.deps.documents.jobs.all().map(({ id }) => id));
    for (const run of this.list()) {
      if (!isFinal(run.state) && run.stop === null && !jobIds.has(run.jobId)) await this.#stopInTurn(run._id, 'cancel');
    }
  }

  #drive(id: string): void {
    if (this.#driven.has(id) || this.#isClosed) return;
    const driver = new RunDriver(id, this.#steps, this.deps, {
      changed: (run) => {
        this.events.changed(run);
        if (isFinal(run.state)) this.#beginLater();
      },
      logGrew: (runId) => this.events.logGrew(runId),
      ended: (run) => this.events.ended(run),
    });
    const done = driver.drive().then(() => {
      this.#driven.delete(id);
      this.#beginLater();
    });
    this.#driven.set(id, { driver, done });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

/** One run for each place where runs were carried out. */
function firstOfEachPlace(runs: readonly RunDocument[]): Iterable<RunDocument> {
  return new Map(runs.map((run) => [`${run.edge} ${run.fields.runner}`, run])).values();
}

function optionsOf({ data, fresh }: RunOverrides): RunDocument['options'] {
  return { allData: data === 'all' || fresh === true, fresh: fresh === true };
}

function overridden(fields: JobFields, { env = {}, limits = {} }: RunOverrides): JobFields {
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return parseInput(JobFields, { ...fields, env: { ...fields.env, ...env }, limits: { ...fields.limits, ...given } });
}

/** Asked for by what the job was told before somebody told it otherwise. */
function refuseUnscheduled({ fields }: JobDocument, asked: JobDocument): void {
  const isSame = JSON.stringify(fields.schedule) === JSON.stringify(asked.fields.schedule);
  if (isSame && !fields.paused) return;
  throw new ModelManagementError(
    'RUN_CANCELLED',
    `The job ${asked.name} was paused, or given another schedule, while its run was about to start.`,
    'Nothing has to be done; start it by hand if it is wanted all the same.',
  );
}

/** Whether a run that waits does all that is asked for; what it was told beside that is its own. */
function hasAll(queued: RunDocument, job: JobDocument, overrides: RunOverrides): boolean {
  const { env, limits } = overridden(job.fields, overrides);
  const wanted = optionsOf(overrides);
  return (
    (queued.options.allData || !wanted.allData) &&
    (queued.options.fresh || !wanted.fresh) &&
    Object.keys(overrides.env ?? {}).every((name) => queued.fields.env[name] === env[name]) &&
    Object.keys(overrides.limits ?? {}).every(
      (name) => Reflect.get(queued.fields.limits, name) === Reflect.get(limits, name),
    )
  );
}

function otherQueued(queued: RunDocument): ModelManagementError {
  return new ModelManagementError(
    'RUN_ACTIVE',
    `Run ${queued.number} of ${queued.job} waits already, and was not told the same.`,
    'Cancel it and start this one, or start this one when that has begun.',
    { details: { run: queued._id } },
  );
}

function runActive(job: JobDocument, active: readonly RunDocument[]): ModelManagementError {
  const [run] = active;
  return new ModelManagementError(
    'RUN_ACTIVE',
    `Run ${run?.number} of ${job.name} is ${run?.state} already.`,
    'Wait for its end or cancel it; or let the job queue one more run (overlap).',
    { details: { run: run?._id } },
  );
}
