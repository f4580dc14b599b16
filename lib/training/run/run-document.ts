import { z } from 'zod';
import { Digest } from '../../ids';
import { JobFields, JobFiles } from '../job';
import { activeStates, runStates } from './run-states';

const window = z.object({
  collection: z.string(),
  identity: z.string(),
  from: z.string().nullable(),
  to: z.string(),
});

/** What one query brought. */
export const QueryInput = z.object({
  id: z.string(),
  rows: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  digest: z.string(),
  newDataOnly: z.boolean(),
  windows: z.array(window).readonly(),
});
export type QueryInput = z.infer<typeof QueryInput>;

/** Where the packages of a run are. */
export const Environment = z.object({
  /** Of what it was made of; null = the image's own Python, nothing was installed. */
  key: z.string().nullable(),
  /** Digest of the image, or words for the Python of this machine. */
  imageId: z.string(),
  /** `name==version` as installed. */
  packages: z.array(z.string()).readonly(),
  cached: z.boolean(),
});
export type Environment = z.infer<typeof Environment>;

const phase = z.object({
  name: z.enum(activeStates),
  startedAt: z.int(),
  finishedAt: z.int().nullable(),
  cached: z.boolean().exactOptional(),
});

/**
 * What lies in `runs.db`: one run as far as it came. It is written before each thing that is done for it, so that a
 * restart goes on where it was.
 */
export const RunDocument = z
  .object({
    _id: z.string(),
    jobId: z.string(),
    job: z.string(),
    /** Counted per job. */
    number: z.int().positive(),
    state: z.enum(runStates),
    trigger: z.enum(['schedule', 'manual', 'node', 'retry']),
    user: z.string().nullable(),
    /** Id of the node of a flow that asked for it; null = none did. */
    node: z.string().nullable(),
    edge: z.string(),
    createdAt: z.int(),
    startedAt: z.int().nullable(),
    finishedAt: z.int().nullable(),
    /** When the state it is in has lasted too long; null = it has no limit. */
    deadlineAt: z.int().nullable(),
    /** A queued run does not begin before. */
    notBefore: z.int(),
    /** The time of the schedule it is for; null = not for one. No two runs are for the same. */
    dueAt: z.int().nullable(),
    /** How often it was tried before, after failures of the machine. */
    attempt: z.int().nonnegative(),
    phases: z.array(phase).readonly(),
    /** The job as it was when the run was made; secrets encrypted. */
    fields: JobFields,
    files: JobFiles,
    options: z.object({ allData: z.boolean(), fresh: z.boolean() }),
    /** Asked for, and decided before anything was ended for it. */
    stop: z.enum(['cancel', 'timeout']).nullable(),
    base: z.object({ model: z.string(), version: z.int().positive() }).nullable(),
    queries: z.array(QueryInput).readonly(),
    environment: Environment.nullable(),
    /** Length of the log when training began: what a container says is read again from here after a restart. */
    logOffset: z.int().nonnegative(),
    exitCode: z.int().nullable(),
    oomKilled: z.boolean(),
    reason: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    metrics: z.record(z.string(), z.number()).nullable(),
    version: z.object({ model: z.string(), version: z.int().positive(), digest: Digest }).nullable(),
    promotion: z.object({ decision: z.enum(['promoted', 'kept', 'manual']), reason: z.string() }).nullable(),
    /** What comes of its end, such as another try, has come of it. */
    settled: z.boolean().default(false),
    /** Container, volume and data are gone. */
    cleaned: z.boolean(),
  })
  .readonly();
export type RunDocument = z.infer<typeof RunDocument>;
