import { z } from 'zod';
import { Digest } from '../../ids';
import { LOCAL_EDGE } from '../../names';
import { workFiles } from '../env-list';
import { JobFields } from '../job';
import { newRun } from '../run/new-run';
import { QueryInput, type RunDocument } from '../run/run-document';
import { reduceRun } from '../run/run-state';

const path = z
  .string()
  .max(600)
  .refine((text) => text.split('/').every((part) => !['', '.', '..'].includes(part)) && !/[\0\\]/.test(text), {
    error: 'must be a path below the work folder',
  });

/** A file of the work folder. */
export const RunFile = z.object({
  path,
  digest: Digest,
  sizeBytes: z.int().nonnegative(),
  /** It is of the version the run goes on from: no output unless it is written anew. */
  isBase: z.literal(true).exactOptional(),
});
export type RunFile = z.infer<typeof RunFile>;

const mark = z.object({ collection: z.string(), identity: z.string(), to: z.string() });
const DataRequest = z.object({
  query: z.string(),
  newData: z.array(z.object({ collection: z.string(), from: mark.exactOptional() })).readonly(),
  lagMs: z.int().nonnegative(),
});

/** What the run starts from, beside its files. */
export const RunGiven = z.object({
  base: z.object({ model: z.string(), version: z.int().positive() }).nullable(),
  /** One for each query of the job; where it is read is a request. */
  queries: z.array(z.union([QueryInput, z.object({ id: z.string(), request: DataRequest })])),
  files: z.array(RunFile),
});
export type RunGiven = z.infer<typeof RunGiven>;

/** Everything it takes to carry a run out where its job is not known. Secrets of the job are in it as they are. */
export const RunSpec = z.object({
  v: z.literal(1),
  run: z.object({
    id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
    jobId: z.string(),
    job: z.string(),
    number: z.int().positive(),
    createdAt: z.int(),
    options: z.object({ allData: z.boolean(), fresh: z.boolean() }),
    fields: JobFields,
  }),
  given: RunGiven,
});
export type RunSpec = z.infer<typeof RunSpec>;

type Change = (secret: string) => string;

/** @param decrypt - a secret of the job as it is stored */
export function specOf(run: RunDocument, given: RunGiven, decrypt: Change): RunSpec {
  const { _id: id, jobId, job, number, createdAt, options, fields } = run;
  const plain = { ...fields, env: withSecrets(fields.env, decrypt) };
  return { v: 1, run: { id, jobId, job, number, createdAt, options, fields: plain }, given };
}

/** The run as it is kept where it is carried out: there it is one of its own. @param encrypt - a secret for the disk */
export function runOf({ run, given }: RunSpec, encrypt: Change, nowMs: number): RunDocument {
  const { id, jobId, job, number, createdAt, options } = run;
  const requirements = given.files.find((file) => file.path === workFiles.requirements);
  const files = {
    requirements: requirements
      ? { path: 'requirements.txt', digest: requirements.digest, sizeBytes: requirements.sizeBytes }
      : null,
    scripts: [],
    additional: [],
  };
  const fields = { ...run.fields, trainingEdge: LOCAL_EDGE, env: withSecrets(run.fields.env, encrypt) };
  const common = { trigger: 'manual', user: null, node: null, attempt: 0, notBefore: 0, dueAt: null } as const;
  const made = newRun({ job: { id: jobId, name: job, files }, number, createdAt, options, fields, ...common });
  return reduceRun({ ...made, _id: id }, { kind: 'begun' }, nowMs);
}

function withSecrets(env: JobFields['env'], change: Change): JobFields['env'] {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (typeof value === 'string' || value.secret === null) return [name, value];
      return [name, { secret: change(value.secret) }];
    }),
  );
}
