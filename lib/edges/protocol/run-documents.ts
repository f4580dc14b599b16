import { z } from 'zod';
import { Environment, QueryInput } from '../../training/run/run-document';
import { runStates } from '../../training/run/run-states';
import { at, file, id } from './fields';
import { ToldError } from './told-error';

/*
 * What of the documents is about training runs on edges. A run is a part of the desired state, so it converges after
 * any break; the fence tells each attempt from all others, also from those of a hub that was restored from a backup.
 */

export const Fence = z.object({
  /** Random, once per start of a hub. */
  epoch: id,
  /** Counted within it. */
  counter: z.int().positive(),
});
export type Fence = z.infer<typeof Fence>;

export const sameFence = (a: Fence, b: Fence): boolean => a.epoch === b.epoch && a.counter === b.counter;

export const DesiredRun = z.object({
  run: id,
  /** For people. */
  job: z.string().max(63),
  fence: Fence,
  /** An artifact, sealed for the edge: all that it takes to carry the run out, with the names and digests of its files. */
  spec: z.object(file),
  /** The scripts are asked to end. */
  cancel: z.literal(true).exactOptional(),
});
export type DesiredRun = z.infer<typeof DesiredRun>;

/** A few: one is carried out at a time. */
export const DesiredRuns = z.array(DesiredRun).max(8);

/** What an edge leaves for the hub to fetch: `outputs` (a tar) and `log`. */
export const RunOutput = z.object({ kind: z.string().regex(/^[a-z-]{1,32}$/), ...file });
export type RunOutput = z.infer<typeof RunOutput>;

export const ReportedRun = z.object({
  run: id,
  fence: Fence,
  /** `queued` until everything is there. One that is over is told until it is wanted no more. */
  state: z.enum(runStates),
  /** 0..1, of what is being downloaded. */
  progress: z.number().min(0).max(1).exactOptional(),
  /** Of all data, once it is there. */
  queries: z.array(QueryInput).max(100).exactOptional(),
  /** Once the packages are installed; of very many only the first are named. */
  environment: Environment.exactOptional(),
  oomKilled: z.literal(true).exactOptional(),
  error: ToldError.exactOptional(),
  outputs: z.array(RunOutput).max(4).exactOptional(),
});
export type ReportedRun = z.infer<typeof ReportedRun>;

/** Longer lines are cut; the whole log comes with the outputs. */
export const MAX_LIVE_LINE_LENGTH = 1_000;
export const MAX_LIVE_LINES = 400;

/** What a run says while it goes on, as far as there is a connection. */
export const RunLogEvent = z.object({
  type: z.literal('run-log'),
  at,
  run: id,
  fence: Fence,
  lines: z.array(z.string().max(MAX_LIVE_LINE_LENGTH)).max(MAX_LIVE_LINES),
  /** Lines before these that are missing here. */
  dropped: z.int().positive().exactOptional(),
});
export type RunLogEvent = z.infer<typeof RunLogEvent>;
