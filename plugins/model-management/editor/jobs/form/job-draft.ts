import { LOCAL_EDGE } from '../../../../../lib/names';
import type { QueryToCount } from '../collection-client';
import type { FileView, JobView } from '../contract';

/** A file that was chosen or written here, and not sent yet. */
export interface StagedFile {
  readonly path: string;
  readonly body: Blob;
}

/** A query as the form holds it. */
export interface QueryDraft extends QueryToCount {
  /** Of a row of the form. */
  readonly key: number;
}

export interface MetricDraft {
  readonly key: number;
  readonly name: string;
  readonly direction: 'maximize' | 'minimize';
  readonly min?: number;
  readonly max?: number;
}

export interface EnvDraft {
  readonly key: number;
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  /** Name of the secret that is stored, and kept under that name while nothing is typed; null = none is. */
  readonly storedName: string | null;
}

export type ScheduleDraft = JobView['schedule'];

/** All that the form holds of a job. */
export interface JobDraft {
  readonly name: string;
  readonly baseModel: string;
  readonly trainingEdge: string;
  /** Edges that may start it besides. */
  readonly triggerEdges: readonly string[];
  readonly runner: 'docker' | 'process';
  readonly image: string;
  readonly schedule: ScheduleDraft;
  readonly updateExistingModel: boolean;
  readonly newModelName: string;
  readonly baseVersion: string;
  readonly queries: readonly QueryDraft[];
  readonly emptyData: JobView['emptyData'];
  /** Names of the scripts in the order of running. */
  readonly scripts: readonly string[];
  readonly metrics: readonly MetricDraft[];
  readonly promotion: JobView['promotion'];
  readonly overlap: JobView['overlap'];
  readonly catchUpMs: number;
  readonly retries: JobView['retries'];
  readonly pauseAfterFailures: number;
  readonly gpus: boolean;
  readonly network: JobView['network'];
  readonly limits: JobView['limits'];
  readonly env: readonly EnvDraft[];
  /** Files on the server. */
  readonly files: JobView['files'];
  readonly staged: {
    readonly requirements?: StagedFile;
    readonly scripts: readonly StagedFile[];
    readonly additional: readonly StagedFile[];
  };
  /** Paths on the server that go. */
  readonly removed: {
    readonly requirements: boolean;
    readonly scripts: readonly string[];
    readonly additional: readonly string[];
  };
  /** The next key of a row. */
  readonly nextKey: number;
}

const GIBIBYTE = 1_073_741_824;

/** A job that runs with a model, a query, a script and a metric filled in. */
export const newDraft = (runner: JobDraft['runner']): JobDraft => ({
  name: '',
  baseModel: '',
  trainingEdge: LOCAL_EDGE,
  triggerEdges: [],
  runner,
  image: '',
  schedule: null,
  updateExistingModel: true,
  newModelName: '',
  baseVersion: 'lastRun',
  queries: [],
  emptyData: 'skip',
  scripts: [],
  metrics: [{ key: 0, name: 'accuracy', direction: 'maximize' }],
  promotion: { mode: 'manual', minImprovement: 0 },
  overlap: 'skip',
  catchUpMs: 3_600_000,
  retries: { max: 0, backoffMs: 60_000 },
  pauseAfterFailures: 0,
  gpus: false,
  network: 'none',
  limits: { memoryBytes: 2 * GIBIBYTE, cpus: 1, pids: 256, timeoutMs: 3_600_000, outputBytes: GIBIBYTE },
  env: [],
  files: { requirements: null, scripts: [], additional: [] },
  staged: { scripts: [], additional: [] },
  removed: { requirements: false, scripts: [], additional: [] },
  nextKey: 1,
});

/** A stored job as the form shows it. */
export function draftOf(job: JobView): JobDraft {
  let nextKey = 0;
  const env = Object.entries(job.env).map(([name, value]) => ({
    key: nextKey++,
    name,
    value: typeof value === 'string' ? value : '',
    isSecret: typeof value !== 'string',
    storedName: typeof value === 'string' ? null : name,
  }));
  return {
    ...newDraft(job.runner),
    name: job.name,
    baseModel: job.baseModel,
    trainingEdge: job.trainingEdge,
    triggerEdges: job.triggerEdges,
    image: job.image,
    schedule: job.schedule,
    updateExistingModel: job.updateExistingModel,
    newModelName: job.newModelName ?? '',
    baseVersion: String(job.baseVersion),
    queries: job.queries.map(({ id, ...query }) => ({ key: nextKey++, ...query, ...(id === undefined ? {} : { id }) })),
    emptyData: job.emptyData,
    scripts: job.scripts,
    metrics: job.metrics.map((metric) => ({ key: nextKey++, ...metric })),
    promotion: job.promotion,
    overlap: job.overlap,
    catchUpMs: job.catchUpMs,
    retries: job.retries,
    pauseAfterFailures: job.pauseAfterFailures,
    gpus: job.gpus,
    network: job.network,
    limits: job.limits,
    env,
    files: job.files,
    nextKey,
  };
}

/** What is sent of a draft. */
export function bodyOf(draft: JobDraft): Readonly<Record<string, unknown>> {
  const { promotion, image, newModelName, updateExistingModel } = draft;
  return {
    baseModel: draft.baseModel,
    trainingEdge: draft.trainingEdge,
    triggerEdges: draft.triggerEdges,
    runner: draft.runner,
    ...(image === '' ? {} : { image }),
    schedule: draft.schedule,
    updateExistingModel,
    ...(updateExistingModel || newModelName === '' ? {} : { newModelName }),
    baseVersion: baseVersionOf(draft),
    queries: draft.queries.map(({ key: _key, ...query }) => query),
    emptyData: draft.emptyData,
    scripts: draft.scripts,
    metrics: draft.metrics.filter(({ name }) => name !== '').map(({ key: _key, ...metric }) => metric),
    promotion: promotion.mode === 'better' ? promotion : { mode: promotion.mode },
    overlap: draft.overlap,
    catchUpMs: draft.catchUpMs,
    retries: draft.retries,
    pauseAfterFailures: draft.pauseAfterFailures,
    gpus: draft.gpus,
    network: draft.network,
    limits: draft.limits,
    env: Object.fromEntries(draft.env.filter(({ name }) => name !== '').map((entry) => [entry.name, envValue(entry)])),
  };
}

/** Nothing = what the job made last. */
function baseVersionOf({ baseVersion }: JobDraft): string | number {
  const text = baseVersion.trim();
  if (text === '') return 'lastRun';
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Nothing typed asks for what is stored under the name; the server says where there is nothing. */
function envValue({ value, isSecret }: EnvDraft): string | { readonly secret: string | null } {
  if (!isSecret) return value;
  return { secret: value === '' ? null : value };
}

/** Names of all scripts and other files the job would have after saving. */
export function fileNames({ files, staged, removed }: JobDraft, kind: 'scripts' | 'additional'): readonly string[] {
  const stored = files[kind].map(({ path }: FileView) => path).filter((path) => !removed[kind].includes(path));
  return [...new Set([...stored, ...staged[kind].map(({ path }) => path)])];
}

/** Puts files beside those that are there; a script comes last in the order of running. */
export function withFiles(draft: JobDraft, kind: 'scripts' | 'additional', added: readonly StagedFile[]): JobDraft {
  const paths = added.map(({ path }) => path);
  const others = draft.staged[kind].filter(({ path }) => !paths.includes(path));
  const kept = draft.removed[kind].filter((path) => !paths.includes(path));
  const fresh = kind === 'scripts' ? paths.filter((path) => !draft.scripts.includes(path)) : [];
  return {
    ...draft,
    staged: { ...draft.staged, [kind]: [...others, ...added] },
    removed: { ...draft.removed, [kind]: kept },
    scripts: [...draft.scripts, ...fresh],
  };
}

/** What was typed into a script. @param loaded - the text it was shown with */
export function withScriptText(draft: JobDraft, path: string, text: string, loaded: string): JobDraft {
  const isStaged = draft.staged.scripts.some((file) => file.path === path);
  return text === loaded && !isStaged ? draft : withFiles(draft, 'scripts', [{ path, body: new Blob([text]) }]);
}

/** What was typed into the requirements. @param stored - as the server has them */
export function withRequirements(
  draft: JobDraft,
  text: string,
  stored: { readonly text: string; readonly isStored: boolean },
): JobDraft {
  const { requirements: old, ...others } = draft.staged;
  const isSame = text === stored.text;
  if (isSame && !old && !draft.removed.requirements) return draft;
  const isGone = text.trim() === '' && !isSame;
  const isKept = isSame || isGone;
  const staged = isKept ? others : { ...others, requirements: { path: 'requirements.txt', body: new Blob([text]) } };
  return { ...draft, staged, removed: { ...draft.removed, requirements: isGone && stored.isStored } };
}

export function withoutFile(draft: JobDraft, kind: 'scripts' | 'additional', path: string): JobDraft {
  const isStored = draft.files[kind].some((file) => file.path === path);
  return {
    ...draft,
    staged: { ...draft.staged, [kind]: draft.staged[kind].filter((file) => file.path !== path) },
    removed: isStored ? { ...draft.removed, [kind]: [...draft.removed[kind], path] } : draft.removed,
    scripts: kind === 'scripts' ? draft.scripts.filter((script) => script !== path) : draft.scripts,
  };
}

/** An item of a list at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(Math.min(Math.max(to, 0), next.length), 0, item);
  return next;
}

export type Missing =
  | 'name'
  | 'badName'
  | 'baseModel'
  | 'newModelName'
  | 'image'
  | 'script'
  | 'query'
  | 'collection'
  | 'metric'
  | 'env'
  | 'field';

/** Everything that keeps the job from being saved or run, at once. */
export function missingOf(
  draft: JobDraft,
  rules: {
    readonly isName: (name: string) => boolean;
    readonly isMetric: (name: string) => boolean;
    /** The server knows it: what is left out stays as it is there, instead of being the default. */
    readonly isStored: boolean;
  },
): readonly Missing[] {
  const found: Missing[] = [];
  if (draft.name === '') found.push('name');
  else if (!rules.isName(draft.name)) found.push('badName');
  if (draft.baseModel === '') found.push('baseModel');
  if (!draft.updateExistingModel && draft.newModelName === '') found.push('newModelName');
  if (rules.isStored && draft.runner === 'docker' && draft.image.trim() === '') found.push('image');
  if (draft.scripts.length === 0) found.push('script');
  if (draft.queries.some(({ query }) => query.trim() === '')) found.push('query');
  if (draft.queries.some(({ newDataOnly, newDataCollections }) => newDataOnly && newDataCollections.length === 0)) {
    found.push('collection');
  }
  if (draft.metrics.some(({ name }) => name !== '' && !rules.isMetric(name))) found.push('metric');
  if (draft.env.some(({ name }) => name !== '' && !/^[A-Za-z_]\w*$/.test(name))) found.push('env');
  return found;
}

/** Without a script a job can be saved, and does not run yet. */
export const keepsFromSaving = (missing: readonly Missing[]): boolean => missing.some((one) => one !== 'script');
