import { toIso } from '../clock';
import { LOCAL_EDGE } from '../names';
import type { TrainingEdges } from './edges';
import type { JobDocument, JobFields, JobFile } from './job';
import type { RunDocument } from './run/run-document';
import { isFinal, type RunState } from './run/run-states';
import { waitsFor } from './training-place';

export interface RunView {
  readonly id: string;
  readonly number: number;
  readonly job: string;
  readonly state: RunState;
  readonly reason?: string;
  readonly trigger: RunDocument['trigger'];
  readonly user: string | null;
  readonly node: string | null;
  readonly edge: string;
  /** Of a run under way whose edge is away: since when. What it does there goes on. */
  readonly edgeOfflineSince?: string;
  /** Of one that waits for any edge with a label while none can take it: why. */
  readonly waitsFor?: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly attempt: number;
  readonly phases: readonly {
    readonly name: RunDocument['phases'][number]['name'];
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly cached?: boolean;
  }[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly model?: string;
  readonly version?: number;
  readonly promotion?: { readonly decision: string; readonly reason: string };
  readonly inputs: {
    readonly baseModel: string | null;
    readonly baseVersion: number | null;
    readonly queries: readonly {
      readonly id: string;
      readonly rows: number;
      readonly sizeBytes: number;
      readonly digest: string;
      readonly from: Readonly<Record<string, string | null>>;
      readonly to: Readonly<Record<string, string>>;
    }[];
    readonly requirementsDigest: string | null;
    readonly scriptsDigest: readonly { readonly name: string; readonly digest: string | null }[];
    readonly imageId: string | null;
    readonly packages: readonly string[];
  };
}

export function toRunView(run: RunDocument, edges: TrainingEdges): RunView {
  const { files, fields } = run;
  return {
    id: run._id,
    number: run.number,
    job: run.job,
    state: run.state,
    ...(run.reason === null ? {} : { reason: run.reason }),
    trigger: run.trigger,
    user: run.user,
    node: run.node,
    edge: run.edge,
    ...offlineSince(run, edges),
    ...waiting(run, edges),
    createdAt: toIso(run.createdAt),
    startedAt: isoOrNull(run.startedAt),
    finishedAt: isoOrNull(run.finishedAt),
    durationMs: run.startedAt === null || run.finishedAt === null ? null : run.finishedAt - run.startedAt,
    attempt: run.attempt,
    phases: run.phases.map(({ name, startedAt, finishedAt, cached }) => ({
      name,
      startedAt: toIso(startedAt),
      finishedAt: isoOrNull(finishedAt),
      ...(cached === undefined ? {} : { cached }),
    })),
    ...(run.error === null ? {} : { error: run.error }),
    ...(run.exitCode === null ? {} : { exitCode: run.exitCode, oomKilled: run.oomKilled }),
    ...(run.metrics === null ? {} : { metrics: run.metrics }),
    ...(run.version === null ? {} : { model: run.version.model, version: run.version.version }),
    ...(run.promotion === null ? {} : { promotion: run.promotion }),
    inputs: {
      baseModel: run.base?.model ?? null,
      baseVersion: run.base?.version ?? null,
      queries: run.queries.map(({ id, rows, sizeBytes, digest, windows }) => ({
        id,
        rows,
        sizeBytes,
        digest,
        from: Object.fromEntries(windows.map(({ collection, from }) => [collection, from])),
        to: Object.fromEntries(windows.map(({ collection, to }) => [collection, to])),
      })),
      requirementsDigest: files.requirements?.digest ?? null,
      scriptsDigest: fields.scripts.map((name) => ({
        name,
        digest: files.scripts.find(({ path }) => path === name)?.digest ?? null,
      })),
      imageId: run.environment?.imageId ?? null,
      packages: run.environment?.packages ?? [],
    },
  };
}

function offlineSince(run: RunDocument, edges: Pick<TrainingEdges, 'find'>): { readonly edgeOfflineSince?: string } {
  if (run.edge === LOCAL_EDGE || run.state === 'queued' || isFinal(run.state)) return {};
  const edge = edges.find(run.edge);
  return edge?.state === 'offline' ? { edgeOfflineSince: toIso(edge.sinceMs) } : {};
}

function waiting({ state, edge, fields }: RunDocument, edges: TrainingEdges): { readonly waitsFor?: string } {
  const missing = state === 'queued' ? waitsFor(edge, fields.runner, edges) : undefined;
  return missing === undefined ? {} : { waitsFor: missing };
}

const isoOrNull = (epochMs: number | null): string | null => (epochMs === null ? null : toIso(epochMs));

export interface JobView extends Omit<JobFields, 'env'> {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly env: Readonly<Record<string, string | { readonly secret: null }>>;
  readonly files: {
    readonly requirements: FileView | null;
    readonly scripts: readonly FileView[];
    readonly additional: readonly FileView[];
  };
  readonly state: 'idle' | 'queued' | 'running' | 'paused';
  readonly pauseReason: string | null;
  readonly lastRun: RunView | null;
  /** The run under way; null = none. */
  readonly activeRun: RunView | null;
  readonly nextRunAt: string | null;
  readonly runCount: number;
  /** What is missing before it can run, by field. */
  readonly problems: readonly { readonly field: string; readonly message: string }[];
}

export type FileView = Pick<JobFile, 'path' | 'sizeBytes' | 'digest'>;

export interface JobFacts {
  /** Newest first. */
  readonly runs: readonly RunDocument[];
  readonly nextRunAt: number | null;
  readonly problems: JobView['problems'];
  readonly edges: TrainingEdges;
}

export function toJobView(job: JobDocument, { runs, nextRunAt, problems, edges }: JobFacts): JobView {
  const active = runs.find(({ state }) => !isFinal(state) && state !== 'queued');
  const queued = runs.find(({ state }) => state === 'queued');
  const last = runs[0];
  const idle = job.fields.paused ? 'paused' : 'idle';
  const { env, ...fields } = job.fields;
  return {
    name: job.name,
    createdAt: toIso(job.createdAt),
    updatedAt: toIso(job.updatedAt),
    ...fields,
    env: Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, typeof value === 'string' ? value : { secret: null }]),
    ),
    files: job.files,
    state: active ? 'running' : queued ? 'queued' : idle,
    pauseReason: job.pauseReason,
    lastRun: last ? toRunView(last, edges) : null,
    activeRun: active ? toRunView(active, edges) : null,
    nextRunAt: isoOrNull(nextRunAt),
    runCount: runs.length,
    problems,
  };
}
