import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type Clock, systemClock } from '../../lib/clock';
import { Collections } from '../../lib/collections';
import { type Log, silentLog } from '../../lib/log';
import type { Registry } from '../../lib/registry';
import { type DocumentStore, openDocumentStore, Secrets } from '../../lib/store';
import {
  DockerRunner,
  type DockerRunnerOptions,
  JobDocument,
  ProcessRunner,
  RunDocument,
  type Runner,
  type RunView,
  Training,
} from '../../lib/training';
import type { RunRetention, TrainingDeps } from '../../lib/training/dependencies';
import { noEdges, type TrainingEdges } from '../../lib/training/edges';
import { isFinal } from '../../lib/training/run/run-states';
import { addModel, buildModel } from './onnx-models';
import { openRegistryIn, type WrapDocuments } from './registry-folder';
import { waitFor } from './wait-for';

const processFolder = join(__dirname, '..', '..', 'dist', 'lib', 'collections', 'child');

type JobStore = TrainingDeps['documents']['jobs'];
type RunStore = TrainingDeps['documents']['runs'];

export interface TrainingHostOptions {
  /** The data folder. */
  readonly folder: string;
  /** Client of a Docker engine; absent = none is there. */
  readonly docker?: Docker;
  readonly dockerOptions?: Partial<DockerRunnerOptions>;
  /** Puts something before the runner of processes. */
  readonly wrapRunner?: (runner: ProcessRunner) => Runner;
  readonly wrapRegistry?: WrapDocuments;
  readonly wrapJobs?: (jobs: DocumentStore<JobDocument>) => JobStore;
  readonly wrapRuns?: (runs: DocumentStore<RunDocument>) => RunStore;
  readonly wrapCollections?: (collections: Collections) => TrainingDeps['collections'];
  /** What is done to the documents before training begins, as a process that ended would have left them. */
  readonly prepare?: (documents: {
    readonly jobs: DocumentStore<JobDocument>;
    readonly runs: DocumentStore<RunDocument>;
  }) => Promise<unknown>;
  readonly retention?: RunRetention;
  readonly edges?: TrainingEdges;
  readonly maxConcurrentRuns?: number;
  readonly defaultImage?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A runner of which something is done otherwise. */
export const withRunner = (runner: Runner, other: Partial<Runner>): Runner => ({
  install: (...given) => runner.install(...given),
  train: (...given) => runner.train(...given),
  stop: (...given) => runner.stop(...given),
  collect: (...given) => runner.collect(...given),
  remove: (...given) => runner.remove(...given),
  leftovers: () => runner.leftovers(),
  collectGarbage: (...given) => runner.collectGarbage(...given),
  ...other,
});

/** Training in this process on real documents, registry, collections and runners. */
export class TrainingHost implements AsyncDisposable {
  private isClosed = false;

  private constructor(
    readonly training: Training,
    readonly registry: Registry,
    readonly collections: Collections,
    readonly jobs: DocumentStore<JobDocument>,
    readonly runs: DocumentStore<RunDocument>,
    readonly runners: { readonly docker: Runner; readonly process: Runner },
    private readonly closeStores: () => Promise<unknown>,
  ) {}

  static async open(options: TrainingHostOptions): Promise<TrainingHost> {
    const { folder, log = silentLog } = options;
    const opened = await openRegistryIn(folder, { ...(options.wrapRegistry ? { wrap: options.wrapRegistry } : {}) });
    const at = { path: join(folder, 'db'), log: silentLog };
    const jobs = await openDocumentStore({ ...at, name: 'jobs', parse: (raw) => JobDocument.parse(raw) });
    const runs = await openDocumentStore({ ...at, name: 'runs', parse: (raw) => RunDocument.parse(raw) });
    await options.prepare?.({ jobs, runs });
    const sources = { find: () => undefined, names: () => [] };
    const collections = new Collections({
      path: join(folder, 'collections.sqlite'),
      tempPath: join(folder, 'temp'),
      processFolder,
      log: silentLog,
      sources,
      usage: () => [],
    });
    const processRunner = new ProcessRunner({
      runsPath: join(folder, 'runs'),
      environmentsPath: join(folder, 'environments'),
      isAllowed: true,
      env: {},
    });
    const docker = options.docker ?? new (await import('dockerode')).default({ socketPath: '/nowhere' });
    const runners = {
      docker: new DockerRunner(docker, {
        instanceId: 'test-instance',
        env: {},
        installNetwork: 'bridge',
        onEnvironmentUsed: async () => undefined,
        environmentUsedAt: () => undefined,
        ...options.dockerOptions,
      }),
      process: options.wrapRunner?.(processRunner) ?? processRunner,
    };
    const training = Training.open({
      documents: { jobs: options.wrapJobs?.(jobs) ?? jobs, runs: options.wrapRuns?.(runs) ?? runs },
      registry: opened.registry,
      collections: options.wrapCollections?.(collections) ?? collections,
      sources,
      blobs: opened.blobs,
      runnerOf: async (kind) => runners[kind],
      edges: options.edges ?? noEdges,
      secrets: await Secrets.open(join(folder, 'keys')),
      runsPath: join(folder, 'runs'),
      clock: options.clock ?? systemClock,
      log,
      maxConcurrentRuns: options.maxConcurrentRuns ?? 1,
      defaultImage: options.defaultImage ?? 'python:3.12-slim',
      retention: options.retention ?? {},
    });
    const closeStores = async (): Promise<void> => {
      await collections.close();
      await Promise.all([jobs.close(), runs.close()]);
      await opened.close();
    };
    return new TrainingHost(training, opened.registry, collections, jobs, runs, runners, closeStores);
  }

  /** A model with one version, which is deployed. */
  async addModel(name = 'iris'): Promise<void> {
    const body = Readable.from([buildModel(addModel(1))]);
    const { signal } = new AbortController();
    await this.registry.addVersion(name, { body, kind: 'onnx', create: true, signal }, null);
  }

  /** A job that runs one script as a process; `fields` win. */
  async addJob(script: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const job = { name: 'job', baseModel: 'iris', runner: 'process', ...fields };
    await this.training.createJob(job);
    await this.putScript(script, job.name);
  }

  async putScript(script: string, job = 'job'): Promise<void> {
    const body = Readable.from([Buffer.from(script)]);
    await this.training.putJobFile(job, 'scripts', 'train.py', body, new AbortController().signal);
  }

  start(body: unknown = {}, job = 'job'): Promise<RunView> {
    return this.training.startRun(job, body, { trigger: 'manual', user: null });
  }

  /** The run once it is in the state. */
  reached(id: string, state: RunDocument['state'], timeoutMs = 20_000): Promise<RunDocument> {
    return waitFor(
      () => {
        const run = this.runs.get(id);
        return run?.state === state ? run : undefined;
      },
      { timeoutMs, what: () => `run ${id} to be ${state}; it is ${JSON.stringify(this.runs.get(id))}` },
    );
  }

  /** The run once it is over and put in order. */
  ended(id: string, timeoutMs = 30_000): Promise<RunDocument> {
    return waitFor(
      () => {
        const run = this.runs.get(id);
        return run && isFinal(run.state) && run.cleaned ? run : undefined;
      },
      { timeoutMs, what: () => `run ${id} to end; it is ${JSON.stringify(this.runs.get(id))}` },
    );
  }

  async train(body: unknown = {}, job = 'job'): Promise<RunDocument> {
    return this.ended((await this.start(body, job)).id);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.training.close();
    await this.closeStores();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
