// Trains in a process of its own, which the tests kill: `training-program.ts <JSON of ProgramOptions>`. Prints what it
// found when every run is over and put in order.
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { systemClock } from '../../../lib/clock';
import { Collections } from '../../../lib/collections';
import { silentLog } from '../../../lib/log';
import { type DocumentStore, openDocumentStore, Secrets } from '../../../lib/store';
import { DockerRunner, JobDocument, ProcessRunner, RunDocument, Training } from '../../../lib/training';
import { isFinal } from '../../../lib/training/run/run-states';
import { addModel, buildModel } from '../../support/onnx-models';
import { openRegistryIn } from '../../support/registry-folder';
import { waitFor } from '../../support/wait-for';

export interface ProgramOptions {
  readonly folder: string;
  readonly runner: 'docker' | 'process';
  /** Of a Docker engine. */
  readonly socketPath?: string;
  readonly image: string;
  /** The process ends at the n-th write of a document, before or after it is on the disk; absent = it does not. */
  readonly killAt?: { readonly write: number; readonly when: 'before' | 'after' };
  /** The process ends when the log of a run holds this. */
  readonly killWhenLogged?: string;
  /** Makes model, rows and job, and starts a run. */
  readonly isFirst: boolean;
  readonly script: string;
  /** How often a run is tried again that failed for the machine's sake. */
  readonly retries?: number;
}

export interface ProgramResult {
  readonly runs: readonly {
    readonly state: string;
    readonly cleaned: boolean;
    readonly rows: number;
    readonly error: unknown;
    readonly attempt: number;
  }[];
  readonly failuresInRow: number;
  readonly versions: readonly {
    readonly version: number;
    readonly runId: string | null;
    readonly outputBytes: number;
  }[];
  readonly leftovers: readonly string[];
}

const processFolder = join(__dirname, '..', '..', '..', 'dist', 'lib', 'collections', 'child');

async function main(options: ProgramOptions): Promise<void> {
  const { folder, killAt } = options;
  let count = 0;
  let isReady = !options.isFirst;
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('killed');
  };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isReady) return work();
    count += 1;
    const isNow = killAt?.write === count;
    if (isNow && killAt.when === 'before') die();
    const result = await work();
    if (isNow) die();
    return result;
  };
  const opened = await openRegistryIn(folder, {
    wrap: (documents) => ({
      ...documents,
      versions: { all: () => documents.versions.all(), insert: (one) => write(() => documents.versions.insert(one)) },
      audit: { all: () => documents.audit.all(), insert: (one) => write(() => documents.audit.insert(one)) },
    }),
  });
  const at = { path: join(folder, 'db'), log: silentLog };
  const storedJobs = await openDocumentStore({ ...at, name: 'jobs', parse: (raw) => JobDocument.parse(raw) });
  const jobs: Pick<DocumentStore<JobDocument>, 'get' | 'all' | 'put' | 'delete'> = {
    get: (id) => storedJobs.get(id),
    all: () => storedJobs.all(),
    put: (job) => write(() => storedJobs.put(job)),
    delete: (id) => storedJobs.delete(id),
  };
  const stored = await openDocumentStore({ ...at, name: 'runs', parse: (raw) => RunDocument.parse(raw) });
  const runs: Pick<DocumentStore<RunDocument>, 'get' | 'all' | 'put' | 'delete'> = {
    get: (id) => stored.get(id),
    all: () => stored.all(),
    put: (run) => write(() => stored.put(run)),
    delete: (id) => stored.delete(id),
  };
  const sources = { find: () => undefined, names: () => [] };
  const collections = new Collections({
    path: join(folder, 'collections.sqlite'),
    tempPath: join(folder, 'temp'),
    processFolder,
    log: silentLog,
    sources,
    usage: () => [],
  });
  if (options.isFirst) {
    const upload = {
      body: Readable.from([buildModel(addModel(1))]),
      kind: 'onnx' as const,
      create: true,
      signal: new AbortController().signal,
    };
    await opened.registry.addVersion('iris', upload, null);
    await collections.create({ name: 'rows' });
    await collections.insert('rows', [{ x: 1 }, { x: 2 }, { x: 3 }]);
  }
  const runners = {
    docker: new DockerRunner(new Docker({ socketPath: options.socketPath ?? '/nowhere' }), {
      instanceId: 'test-instance',
      env: {},
      installNetwork: 'bridge',
      onEnvironmentUsed: async () => undefined,
      environmentUsedAt: () => undefined,
    }),
    process: new ProcessRunner({
      runsPath: join(folder, 'runs'),
      environmentsPath: join(folder, 'environments'),
      isAllowed: true,
      env: {},
    }),
  };
  const training = Training.open({
    documents: { jobs, runs },
    registry: opened.registry,
    collections,
    sources,
    blobs: opened.blobs,
    runnerOf: async (kind) => runners[kind],
    secrets: await Secrets.open(join(folder, 'keys')),
    runsPath: join(folder, 'runs'),
    clock: systemClock,
    log: silentLog,
    maxConcurrentRuns: 1,
    defaultImage: options.image,
    retention: {},
  });
  const dieWhenLogged = async (runId: string, words: string): Promise<void> => {
    const { stream } = await training.runLog(runId, 0);
    for await (const text of stream ?? []) if (String(text).includes(words)) die();
  };
  training.onChange((change) => {
    if (change.kind === 'log' && options.killWhenLogged) void dieWhenLogged(change.id, options.killWhenLogged);
  });
  if (options.isFirst) {
    await training.createJob({
      name: 'job',
      baseModel: 'iris',
      runner: options.runner,
      queries: [{ query: 'SELECT * FROM rows', newDataOnly: true, newDataCollections: ['rows'] }],
      metrics: [{ name: 'accuracy' }],
      promotion: { mode: 'always' },
      retries: { max: options.retries ?? 0, backoffMs: 1_000 },
    });
    await training.putJobFile(
      'job',
      'scripts',
      'train.py',
      Readable.from([Buffer.from(options.script)]),
      new AbortController().signal,
    );
    isReady = true;
    await training.startRun('job', {}, { trigger: 'manual', user: null });
  }
  await waitFor(() => stored.all().every((run) => isFinal(run.state) && run.cleaned), {
    timeoutMs: 60_000,
    what: () => `the runs to end: ${JSON.stringify(stored.all())}`,
  });
  const result: ProgramResult = {
    runs: stored
      .all()
      .toSorted((a, b) => a.number - b.number)
      .map(({ state, cleaned, queries, error, attempt }) => ({
        state,
        cleaned,
        rows: queries[0]?.rows ?? -1,
        error,
        attempt,
      })),
    failuresInRow: storedJobs.all()[0]?.failuresInRow ?? -1,
    versions: opened.registry.listVersions('iris').map(({ version, runId = null, additionalOutputs }) => ({
      version,
      runId,
      outputBytes: additionalOutputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })),
    leftovers: await runners[options.runner].leftovers(),
  };
  process.stdout.write(
    `${JSON.stringify({ ...result, deployed: opened.registry.getModel('iris').aliases['deployed'] })}\n`,
  );
  await training.close();
  await collections.close();
  await opened.close();
}

main(JSON.parse(process.argv[2] ?? '') as ProgramOptions).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);
