// Trains in a process of its own, which the tests kill: `training-program.ts <JSON of ProgramOptions>`. Prints what it
// found when every run is over and put in order.
import Docker from 'dockerode';
import { isFinal } from '../../../lib/training/run/run-states';
import { TrainingHost } from '../../support/training-host';
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
  /** The run is cancelled as soon as its version is on the disk, and the process ends before the run hears of either. */
  readonly killWhenCancelledAtCommit?: true;
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
  const dieCancelled = async (runId: string | undefined): Promise<never> => {
    await host.training.cancelRun(runId ?? '');
    return die();
  };
  const host: TrainingHost = await TrainingHost.open({
    folder,
    docker: new Docker({ socketPath: options.socketPath ?? '/nowhere' }),
    defaultImage: options.image,
    wrapRegistry: (documents) => ({
      ...documents,
      versions: {
        all: () => documents.versions.all(),
        insert: async (one) => {
          await write(() => documents.versions.insert(one));
          if (isReady && options.killWhenCancelledAtCommit) await dieCancelled(one.runId);
        },
      },
      audit: { all: () => documents.audit.all(), insert: (one) => write(() => documents.audit.insert(one)) },
    }),
    wrapJobs: (jobs) => ({
      get: (id) => jobs.get(id),
      all: () => jobs.all(),
      put: (job) => write(() => jobs.put(job)),
      delete: (id) => jobs.delete(id),
    }),
    wrapRuns: (runs) => ({
      get: (id) => runs.get(id),
      all: () => runs.all(),
      put: (run) => write(() => runs.put(run)),
      delete: (id) => runs.delete(id),
    }),
  });
  const { training, collections, registry } = host;
  const dieWhenLogged = async (runId: string, words: string): Promise<void> => {
    const { stream } = await training.runLog(runId, 0);
    for await (const text of stream ?? []) if (String(text).includes(words)) die();
  };
  training.onChange((change) => {
    if (change.kind === 'log' && options.killWhenLogged) void dieWhenLogged(change.id, options.killWhenLogged);
  });
  if (options.isFirst) {
    await host.addModel();
    await collections.create({ name: 'rows' });
    await collections.insert('rows', [{ x: 1 }, { x: 2 }, { x: 3 }]);
    await host.addJob(options.script, {
      runner: options.runner,
      queries: [{ query: 'SELECT * FROM rows', newDataOnly: true, newDataCollections: ['rows'] }],
      metrics: [{ name: 'accuracy' }],
      promotion: { mode: 'always' },
      retries: { max: options.retries ?? 0, backoffMs: 1_000 },
    });
    isReady = true;
    await host.start();
  }
  await waitFor(() => host.runs.all().every((run) => isFinal(run.state) && run.cleaned), {
    timeoutMs: 60_000,
    what: () => `the runs to end: ${JSON.stringify(host.runs.all())}`,
  });
  const result: ProgramResult = {
    runs: host.runs
      .all()
      .toSorted((a, b) => a.number - b.number)
      .map(({ state, cleaned, queries, error, attempt }) => ({
        state,
        cleaned,
        rows: queries[0]?.rows ?? -1,
        error,
        attempt,
      })),
    failuresInRow: host.jobs.all()[0]?.failuresInRow ?? -1,
    versions: registry.listVersions('iris').map(({ version, runId = null, additionalOutputs }) => ({
      version,
      runId,
      outputBytes: additionalOutputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })),
    leftovers: await host.runners[options.runner].leftovers(),
  };
  process.stdout.write(`${JSON.stringify({ ...result, deployed: registry.getModel('iris').aliases['deployed'] })}\n`);
  await host.close();
}

main(JSON.parse(process.argv[2] ?? '') as ProgramOptions).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);
