import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { QueryCount } from '../collections';
import { ModelManagementError } from '../errors';
import type { Digest } from '../ids';
import { parseInput } from '../parse-input';
import type { Version } from '../registry';
import { runItByHand } from './bundle';
import { changedCode, changedVariable, codeDefaults } from './code-fields';
import type { TrainingDeps } from './dependencies';
import { envListText, listedVariables } from './env-list';
import { type JobDocument, QueryToCount, readsElsewhere, runnerKinds } from './job';
import { Jobs } from './jobs';
import { findProblems, type Problem } from './problems';
import { dataElsewhere, jobsRest } from './refusals';
import { baseVersionOf } from './run/base-version';
import type { RunDocument } from './run/run-document';
import { isFinal } from './run/run-states';
import { dataRequest, watermarksOf } from './run/windows';
import { watchRunEdges } from './run-edges';
import { settleEnd } from './run-ends';
import { applyRetention } from './run-retention';
import { packFolder } from './runners/docker/archives';
import { PREVIEW_RUN, RunInput, type RunRequest, Runs } from './runs';
import { describeSchedule, nextTimes } from './schedule/next-after';
import { Schedule } from './schedule/schedule';
import { Scheduler } from './scheduler';
import { lastingProblem, refusalAt } from './training-place';
import { Uses } from './uses';
import { type JobView, type RunView, toJobView, toRunView } from './views';

export type TrainingChange =
  | { readonly kind: 'job'; readonly name: string; readonly change: 'created' | 'updated' | 'deleted' }
  | { readonly kind: 'run'; readonly id: string; readonly job: string; readonly change: string }
  | { readonly kind: 'log'; readonly id: string };

/** Null = not known now. */
type CollectionNames = readonly { readonly name: string }[] | null;

const LOG_PAUSE_MS = 250;
const MAINTENANCE_MS = 10 * 60_000;
const ENVIRONMENT_UNUSED_MS = 30 * 86_400_000;

/** Jobs, their schedules and their runs. */
export class Training {
  readonly #jobs: Jobs;
  readonly #runs: Runs;
  readonly #scheduler: Scheduler;
  /** What jobs and runs need of models, data and files. */
  readonly uses: Uses;
  readonly #listeners = new Set<(change: TrainingChange) => void>();
  /** Runs whose log has grown and whose listeners are told soon. */
  readonly #growing = new Set<string>();
  #maintenance: NodeJS.Timeout | undefined;
  /** Runs whose end was told by their node, or before this process began. */
  readonly #endTold: Set<string>;
  #unwatchRegistry = (): void => undefined;
  readonly #unwatchEdges: () => void;

  private constructor(private readonly deps: TrainingDeps) {
    const isOver = ({ state, settled, cleaned }: RunDocument): boolean => isFinal(state) && (settled || cleaned);
    this.#endTold = new Set(
      deps.documents.runs
        .all()
        .filter(isOver)
        .map(({ _id }) => _id),
    );
    this.uses = new Uses(deps.documents);
    this.#jobs = new Jobs(deps, (name, change) => this.#announce({ kind: 'job', name, change }));
    this.#runs = new Runs(deps, {
      changed: (run) => this.#announceRun(run),
      logGrew: (id) => this.#announceLog(id),
      ended: (run) => settleEnd(run, { ...deps, jobs: this.#jobs, runs: this.#runs }),
    });
    const runs = (): readonly RunDocument[] => this.#runs.list();
    this.#unwatchEdges = watchRunEdges(deps.edges, runs, (run) => this.#announceRun(run));
    this.#scheduler = new Scheduler(this.#jobs, deps, {
      start: async (job, dueAt, notBefore) => {
        await this.#refuseIncomplete(job, true);
        await this.#runs.start(job, { trigger: 'schedule', user: null, dueAt, notBefore });
      },
    });
  }

  /** Goes on with runs that were under way when the process ended. */
  static open(deps: TrainingDeps): Training {
    const training = new Training(deps);
    training.#unwatchRegistry = deps.registry.onChange(({ kind, change, name }) => {
      if (kind === 'model' && change === 'deleted') training.#pauseJobsOf(name);
    });
    if (deps.isResting) return training;
    training.#scheduler.start();
    training.#maintenance = setInterval(() => void training.maintain(), MAINTENANCE_MS).unref();
    training.#runs.resume();
    // Not waited for: an engine on another machine may take its time.
    void training.#runs.reap();
    return training;
  }

  async close(): Promise<void> {
    clearInterval(this.#maintenance);
    this.#unwatchRegistry();
    this.#unwatchEdges();
    await this.#scheduler.stop();
    await this.#runs.close();
  }

  /** By name. */
  async jobs(): Promise<readonly JobView[]> {
    const collections = await this.#collections();
    return this.#jobs.all().map((job) => this.#view(job, collections));
  }

  /** @throws {ModelManagementError} `JOB_NOT_FOUND` */
  async job(name: string): Promise<JobView> {
    return this.#view(this.#jobs.get(name), await this.#collections());
  }

  hasJob(name: string): boolean {
    return this.#jobs.find(name) !== undefined;
  }

  /**
   * Which field that decides over code something given would make another; undefined = none.
   * @param name - of the job; absent = it is a new one
   * @throws {ModelManagementError} `JOB_NOT_FOUND`
   */
  changedCode(given: unknown, name?: string): string | undefined {
    return changedCode(given, name === undefined ? codeDefaults(this.deps.defaultImage) : this.#jobs.get(name).fields);
  }

  /** The same of what a run is told. @param input - `{overrides?}` */
  changedVariable(name: string, input: unknown): string | undefined {
    const overrides: unknown =
      typeof input === 'object' && input !== null ? Reflect.get(input, 'overrides') : undefined;
    return changedVariable(overrides, this.#jobs.get(name).fields.env);
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `JOB_EXISTS`, `MODEL_NOT_FOUND` */
  async createJob(input: unknown): Promise<JobView> {
    return this.job((await this.#jobs.create(input)).name);
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `JOB_NOT_FOUND`, `JOB_EXISTS` */
  async cloneJob(name: string, input: unknown): Promise<JobView> {
    return this.job((await this.#jobs.clone(name, input)).name);
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `JOB_NOT_FOUND` */
  async updateJob(name: string, patch: unknown): Promise<JobView> {
    return this.job((await this.#jobs.update(name, patch)).name);
  }

  /** Cancels its runs; their records and versions stay. @throws {ModelManagementError} `JOB_NOT_FOUND` */
  async deleteJob(name: string): Promise<void> {
    const job = this.#jobs.get(name);
    await this.#jobs.remove(name);
    await this.#runs.cancelAll(job.id);
  }

  /** Where a file of a job lies. @throws {ModelManagementError} `JOB_NOT_FOUND`, `FILE_NOT_FOUND`, `INVALID_INPUT` */
  jobFile(name: string, kind: string, path: string): { readonly path: string; readonly digest: Digest } {
    const { digest } = this.#jobs.file(name, kind, path);
    return { path: this.deps.blobs.pathOf(digest), digest };
  }

  async putJobFile(name: string, kind: string, path: string, body: Readable, signal: AbortSignal): Promise<JobView> {
    await this.#jobs.putFile(name, kind, path, body, signal);
    return this.job(name);
  }

  async deleteJobFile(name: string, kind: string, path: string): Promise<void> {
    await this.#jobs.removeFile(name, kind, path);
  }

  /**
   * How many rows a query would give a run now, and how many of them are new to the version the job goes on from.
   * @param input - a query of a job, with `job` where that is stored
   * @throws {ModelManagementError} `INVALID_INPUT`, `JOB_NOT_FOUND`, and as queries do
   */
  async countRows(input: unknown, signal?: AbortSignal): Promise<QueryCount> {
    const { job: name, ...query } = parseInput(QueryToCount, input);
    const job = name === undefined ? undefined : this.#jobs.get(name);
    if (job && readsElsewhere(query, job.fields)) throw dataElsewhere(job);
    const marks = job ? watermarksOf(this.#baseOf(job)?.lineage) : {};
    return this.deps.collections.count(query.source, dataRequest(query, job?.id ?? '', marks), signal);
  }

  /** The `env.list` a run of the job would get; without secrets. */
  envList(name: string): string {
    const job = this.#jobs.get(name);
    const base = this.#baseOf(job);
    return envListText(listedVariables(job.fields, { id: PREVIEW_RUN, baseVersion: base?.version ?? null }));
  }

  /** Everything a run would find, as a gzipped tar, with what to type to try it; secrets are left out. */
  async bundle(name: string, tempPath: string, signal: AbortSignal): Promise<Readable> {
    const job = this.#jobs.get(name);
    const folder = await mkdtemp(join(tempPath, 'bundle-'));
    const discard = (): void => void rm(folder, { recursive: true, force: true }).catch(() => undefined);
    try {
      await this.#runs.fill(job, folder, signal);
      await writeFile(join(folder, 'README.txt'), runItByHand(job));
      // One that fails is cut, which says to the client that it is not whole.
      return pipeline(packFolder(job.name, folder), createGzip(), discard);
    } catch (error) {
      discard();
      throw error;
    }
  }

  /**
   * @param input - `{overrides?}`
   * @returns the run; with `joined` when one waits already that does what is asked for
   * @throws {ModelManagementError} `JOB_NOT_FOUND`, `JOB_INCOMPLETE`, `RUN_ACTIVE`, `INVALID_INPUT`, `MANAGED_BY_HUB`
   */
  async startRun(
    name: string,
    input: unknown,
    { trigger, user, node }: RunRequest,
  ): Promise<RunView & { readonly joined?: true }> {
    if (this.deps.isResting) throw jobsRest();
    const job = this.#jobs.get(name);
    const { overrides } = parseInput(RunInput, input ?? {});
    await this.#refuseIncomplete(job, false);
    const { run, isJoined } = await this.#runs.start(job, { trigger, user, node, overrides });
    return { ...this.#runView(run), ...(isJoined ? { joined: true } : {}) };
  }

  /** Newest first. @throws {ModelManagementError} `JOB_NOT_FOUND` */
  runsOf(name: string): readonly RunView[] {
    return this.#runs.list(this.#jobs.get(name).id).map((run) => this.#runView(run));
  }

  /** Runs a node asked for whose end it has not told yet, as it was away; the oldest first. */
  endsOf(node: string): readonly RunView[] {
    const isUntold = (run: RunDocument): boolean => run.node === node && isFinal(run.state) && !this.isEndTold(run._id);
    return this.#runs
      .list()
      .filter(isUntold)
      .reverse()
      .map((run) => this.#runView(run));
  }

  isEndTold(runId: string): boolean {
    return this.#endTold.has(runId);
  }

  /** Kept here, as a node that is deployed again knows nothing of itself. */
  noteEndTold(runId: string): void {
    this.#endTold.add(runId);
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  run(id: string): RunView {
    return this.#runView(this.#runs.get(id));
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  async cancelRun(id: string): Promise<RunView> {
    return this.#runView(await this.#runs.cancel(id));
  }

  /** Cancels what is under way for a job. @returns how many */
  async cancelJob(name: string): Promise<number> {
    const job = this.#jobs.get(name);
    const active = this.#runs.active(job.id).length;
    await this.#runs.cancelAll(job.id);
    return active;
  }

  runLog(id: string, offset: number): ReturnType<Runs['log']> {
    return this.#runs.log(id, offset);
  }

  runOutputs(id: string): ReturnType<Runs['outputs']> {
    return this.#runs.outputs(id);
  }

  runOutput(id: string, path: string): Promise<string> {
    return this.#runs.output(id, path);
  }

  /** @param input - `{schedule}`. @throws {ModelManagementError} `INVALID_INPUT` */
  previewSchedule(input: unknown): { readonly next: readonly string[]; readonly description: string } {
    const given = typeof input === 'object' && input !== null && 'schedule' in input ? input.schedule : undefined;
    if (given === null) return { next: [], description: 'only when told to' };
    const schedule = parseInput(Schedule, given, 'schedule');
    const now = this.deps.clock.now();
    const next = nextTimes(schedule, now, now, 5).map((at) => new Date(at).toISOString());
    return { next, description: describeSchedule(schedule) };
  }

  #baseOf({ id, fields }: JobDocument): Version | null {
    return baseVersionOf({ jobId: id, fields }, this.deps);
  }

  /** @returns stops it */
  onChange(listener: (change: TrainingChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #announce(change: TrainingChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #announceRun({ _id: id, job, state: change }: RunDocument): void {
    this.#announce({ kind: 'run', id, job, change });
  }

  /** A log may grow a thousand times a second; nobody reads that fast. */
  #announceLog(id: string): void {
    if (this.#growing.has(id)) return;
    this.#growing.add(id);
    setTimeout(() => {
      this.#growing.delete(id);
      this.#announce({ kind: 'log', id });
    }, LOG_PAUSE_MS).unref();
  }

  #view(job: JobDocument, collections: CollectionNames): JobView {
    return toJobView(job, {
      runs: this.#runs.list(job.id),
      nextRunAt: this.#scheduler.nextOf(job),
      problems: this.#problems(job, collections),
      edges: this.deps.edges,
    });
  }

  #runView(run: RunDocument): RunView {
    return toRunView(run, this.deps.edges);
  }

  #problems(job: JobDocument, collections: CollectionNames): readonly Problem[] {
    return findProblems(job, {
      hasModel: this.deps.registry.findModel(job.fields.baseModel) !== undefined,
      collections,
      refusal: refusalAt(job.fields.trainingEdge, job.fields.runner, this.deps.edges),
    });
  }

  async #collections(): Promise<CollectionNames> {
    return this.deps.collections.list().catch(() => null);
  }

  async #refuseIncomplete(job: JobDocument, pauses: boolean): Promise<void> {
    const problems = this.#problems(job, await this.#collections());
    const [first] = problems;
    if (!first) return;
    const lasting = lastingProblem(problems, job.fields.trainingEdge, this.deps.edges);
    if (pauses && lasting) await this.#pause(job, lasting.message);
    throw new ModelManagementError(
      'JOB_INCOMPLETE',
      `The job ${job.name} cannot run: ${problems.map(({ message }) => message).join(' ')}`,
      'Mend the job, then start it again.',
      { details: { problems } },
    );
  }

  async #pause({ name, id }: JobDocument, reason: string): Promise<void> {
    await this.#jobs.note(name, (job) =>
      job.id === id ? { ...job, fields: { ...job.fields, paused: true }, pauseReason: reason } : job,
    );
  }

  #pauseJobsOf(model: string): void {
    for (const job of this.uses.jobsOn(model)) {
      this.#pause(job, `The model ${model} was deleted.`).catch((error: unknown) => {
        this.deps.log.error('job not paused', { job: job.name, error });
      });
    }
  }

  /** Puts in order what runs left, drops what is kept no longer; done every ten minutes. Never rejects. */
  async maintain(): Promise<void> {
    try {
      await this.#runs.reap();
      await applyRetention(this.#runs.list(), this.#jobs, this.deps);
    } catch (error) {
      this.deps.log.warn('training not put in order', { error });
    }
    for (const kind of runnerKinds) {
      try {
        const runner = await this.deps.runnerOf(kind);
        await runner.collectGarbage(ENVIRONMENT_UNUSED_MS);
      } catch (error) {
        this.deps.log.debug('unused environments not removed', () => ({ runner: kind, error }));
      }
    }
  }
}
