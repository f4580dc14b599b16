import { z } from 'zod';
import { isCollectionName, LOCAL_SOURCE } from '../collections';
import { Digest } from '../ids';
import { isAliasName, isModelName, LOCAL_EDGE } from '../names';
import { isMetricName } from '../registry';
import { Schedule } from './schedule/schedule';

export const DEFAULT_IMAGE = 'python:3.12-slim';
/** Source of a query that reads the collections of where the job trains. */
export const EDGE_SOURCE = 'edge';
/** Where scripts can run. */
export const runnerKinds = ['docker', 'process'] as const;
const MAX_ENTRIES = 100;
/** What scripts are told by the runner; a job's own variables may not hide it. */
const RESERVED_VARIABLE = /^(?:.*_path|base_version|run_id|PATH|HOME|LD_.*|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|TMPDIR)$/;

const queryId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: 'letters, digits, "-" and "_"' });
const collectionRef = z
  .string()
  .max(130)
  .refine((name) => name.split('.').length <= 2 && name.split('.').every(isCollectionName), {
    error: 'must be the name of a collection, or schema.table of a source',
  });

const queryFields = {
  id: queryId.exactOptional(),
  query: z.string().trim().min(1).max(100_000),
  source: z.string().min(1).max(63).default('local'),
  newDataOnly: z.boolean().default(false),
  newDataCollections: z.array(collectionRef).max(20).default([]),
  lagMs: z.int().nonnegative().max(86_400_000).default(0),
};

const QueryFields = z
  .strictObject(queryFields)
  .refine(({ newDataOnly, newDataCollections }) => !newDataOnly || newDataCollections.length > 0, {
    error: 'name the collections of which only new rows count',
    path: ['newDataCollections'],
  });

/** A query whose rows are to be counted: of a job, or of one that is not stored yet. */
export const QueryToCount = z.strictObject({ ...queryFields, job: z.string().exactOptional() });

const Metric = z
  .strictObject({
    name: z.string().refine(isMetricName, {
      error: 'letters, digits and "_", not first a digit, and none of the reserved file names',
    }),
    direction: z.enum(['maximize', 'minimize']).default('maximize'),
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: 'min is above max',
    path: ['min'],
  });
export type JobMetric = z.infer<typeof Metric>;

const Promotion = z.strictObject({
  mode: z.enum(['manual', 'always', 'better']).default('manual'),
  metric: z.string().exactOptional(),
  minImprovement: z.number().nonnegative().default(0),
});
export type PromotionRule = z.infer<typeof Promotion>;

/** `{secret}` is kept encrypted and never given back: it shows as null, and null keeps the one that is stored. */
const EnvValue = z.union([z.string().max(32_768), z.strictObject({ secret: z.string().max(65_536).nullable() })]);

const variableName = (name: string): boolean => /^[A-Za-z_]\w{0,127}$/.test(name) && !RESERVED_VARIABLE.test(name);
const Env = z
  .record(z.string(), EnvValue)
  .refine((env) => Object.keys(env).every(variableName), {
    error: 'a variable is letters, digits and "_", and none that the run sets itself',
  })
  .refine((env) => Object.keys(env).length <= MAX_ENTRIES, { error: `at most ${MAX_ENTRIES} variables` });

const limitFields = {
  memoryBytes: z.int().min(16 * 1_048_576),
  cpus: z.number().positive().max(1_024),
  pids: z.int().min(8).max(100_000),
  timeoutMs: z
    .int()
    .min(1_000)
    .max(30 * 86_400_000),
  outputBytes: z.int().min(1_024),
};

export const Limits = z.strictObject({
  memoryBytes: limitFields.memoryBytes.default(2_147_483_648),
  cpus: limitFields.cpus.default(1),
  pids: limitFields.pids.default(256),
  timeoutMs: limitFields.timeoutMs.default(3_600_000),
  outputBytes: limitFields.outputBytes.default(1_073_741_824),
});
export type Limits = z.infer<typeof Limits>;

/** Limits of one run; what is not given is the job's, so that there are no defaults here. */
export const LimitOverrides = z.strictObject(limitFields).partial();

/** What a job can be told; `name`, the files and the state come beside it. */
export const JobFields = z.strictObject({
  baseModel: z.string().refine(isModelName, { error: 'must be the name of a model' }),
  /** The name of an edge, `local`, or `label:` and a label: any edge that has it. */
  trainingEdge: z.string().min(1).max(70).default(LOCAL_EDGE),
  updateExistingModel: z.boolean().default(true),
  /** May hold `{run}` and `{date}`. */
  newModelName: z
    .string()
    .refine((name) => isModelName(name.replaceAll('{run}', 'r').replaceAll('{date}', 'd')), {
      error: 'must be the name of a model; {run} and {date} are filled in',
    })
    .exactOptional(),
  /** Whose weights and data windows a run goes on from. `lastRun` = of this job's last success, else `deployed`. */
  baseVersion: z
    .union([
      z.literal('lastRun'),
      z.int().positive(),
      z.string().refine(isAliasName, { error: 'lastRun, an alias or a number' }),
    ])
    .default('lastRun'),
  schedule: Schedule.nullable().default(null),
  overlap: z.enum(['skip', 'queueOne', 'cancelOther']).default('skip'),
  catchUpMs: z.int().nonnegative().default(3_600_000),
  retries: z
    .strictObject({
      max: z.int().nonnegative().max(100).default(0),
      backoffMs: z.int().min(1_000).max(86_400_000).default(60_000),
    })
    .prefault({}),
  /** After so many failures in a row the job pauses itself; 0 = never. */
  pauseAfterFailures: z.int().nonnegative().max(1_000).default(0),
  paused: z.boolean().default(false),
  queries: z.array(QueryFields).max(MAX_ENTRIES).default([]),
  scripts: z.array(z.string()).max(MAX_ENTRIES).default([]),
  metrics: z
    .array(Metric)
    .max(MAX_ENTRIES)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      error: 'two metrics have the same name',
    })
    .default([]),
  promotion: Promotion.prefault({}),
  emptyData: z.enum(['skip', 'fail', 'run']).default('skip'),
  runner: z.enum(runnerKinds).default('docker'),
  image: z
    .string()
    .max(512)
    .regex(/^[A-Za-z0-9][\w.\-/:@]*$/, { error: 'must be the name of an image, such as python:3.12-slim' })
    .default(DEFAULT_IMAGE),
  network: z.enum(['none', 'bridge']).default('none'),
  gpus: z.boolean().default(false),
  env: Env.default({}),
  triggerEdges: z.array(z.string().min(1).max(63)).max(1_000).default([]),
  limits: Limits.prefault({}),
});
export type JobFields = z.infer<typeof JobFields>;

/** A query of a job, with the id its data windows are kept by. */
export type JobQuery = JobFields['queries'][number] & { readonly id: string };

type Query = JobFields['queries'][number];
type Place = Pick<JobFields, 'trainingEdge'>;

/** Whether a query reads data of the edge that trains, which is not this Node-RED. */
export const readsElsewhere = ({ source }: Query, { trainingEdge }: Place): boolean =>
  source === EDGE_SOURCE && trainingEdge !== LOCAL_EDGE;

/** Whether a query reads collections of this Node-RED: by name, or as the data of the edge that trains, which it is itself. */
export const readsLocally = (query: Query, place: Place): boolean =>
  query.source === LOCAL_SOURCE || (query.source === EDGE_SOURCE && !readsElsewhere(query, place));

/** A file of a job, in the blob store. */
export const JobFile = z.object({ path: z.string(), digest: Digest, sizeBytes: z.int().nonnegative() });
export type JobFile = z.infer<typeof JobFile>;

export const JobFiles = z.object({
  requirements: JobFile.nullable(),
  /** In any order; the order of running is `scripts` of the job. */
  scripts: z.array(JobFile).readonly(),
  additional: z.array(JobFile).readonly(),
});
export type JobFiles = z.infer<typeof JobFiles>;

/** What lies in `jobs.db`: the job as it is now. Secrets in `fields.env` are encrypted. */
export const JobDocument = z
  .object({
    _id: z.string(),
    id: z.string(),
    name: z.string(),
    /** Epoch ms; intervals are counted from it. */
    createdAt: z.int(),
    updatedAt: z.int(),
    fields: JobFields,
    files: JobFiles,
    /** Why it is paused, where nobody paused it. */
    pauseReason: z.string().nullable(),
    /** What the schedule asked for up to here has been dealt with, epoch ms. */
    scheduleHandledAt: z.int(),
    failuresInRow: z.int().nonnegative(),
    /** Number of the last of its runs that is kept no longer; those that are kept tell theirs. */
    lastNumber: z.int().nonnegative().default(0),
    /** Number of the last run whose end counts in it. */
    endedRun: z.int().nonnegative().default(0),
  })
  .readonly();
export type JobDocument = z.infer<typeof JobDocument>;

/** Queries without an id get the first free `q<n>`; ids stay with their queries when these change places. */
export function withQueryIds(queries: JobFields['queries']): JobQuery[] {
  const taken = new Set(queries.flatMap(({ id }) => (id === undefined ? [] : [id])));
  return queries.map((query) => {
    if (query.id !== undefined) return { ...query, id: query.id };
    let count = 1;
    while (taken.has(`q${count}`)) count += 1;
    taken.add(`q${count}`);
    return { ...query, id: `q${count}` };
  });
}
