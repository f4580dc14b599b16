import { z } from 'zod';
import { LibraryName, ModelName } from '../../ids';
import { at, count, file, ReportedError } from './fields';

/*
 * What of the protocol concerns pipelines. The lists are left out where there is nothing in them, so documents of edges
 * without pipelines are what they were before there were any.
 */

/** Of a flow tab. */
export const PipelineId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

/** The source of a library, as it stood when a pipeline that calls it was deployed. */
export const DesiredLibrary = z.object({ name: LibraryName, ...file });
export type DesiredLibrary = z.infer<typeof DesiredLibrary>;

export const DesiredPipeline = z.object({
  id: PipelineId,
  name: z.string().max(200),
  /** Counted on the hub, for each pipeline. */
  revision: z.int().positive(),
  /** The bundle. */
  ...file,
  /** An `mqtt-broker` of the edge's own flows; without it, the broker of the edge. */
  brokerId: z.string().min(1).max(64).exactOptional(),
  running: z.boolean(),
  /** Raised when the user wants the same again. */
  attempt: count,
  /** It starts when these answer. */
  models: z.array(ModelName).max(1_000),
  libraries: z.array(LibraryName).max(1_000),
});
export type DesiredPipeline = z.infer<typeof DesiredPipeline>;

export const DesiredPipelines = {
  libraries: z.array(DesiredLibrary).max(1_000).exactOptional(),
  pipelines: z
    .array(DesiredPipeline)
    .max(1_000)
    .refine((pipelines) => new Set(pipelines.map(({ id }) => id)).size === pipelines.length, {
      error: 'a pipeline is there twice',
    })
    .exactOptional(),
};

/** What a hub may read of a pipeline on an edge. */
export const PipelinePart = z.enum(['pipeline', 'runs', 'run', 'results', 'nodes']);
export type PipelinePart = z.infer<typeof PipelinePart>;

/** How a pipeline does that stands in the flows of an edge. */
export const PipelineStatus = z.object({
  state: z.enum(['idle', 'listening', 'succeeded', 'failed', 'failed_initializing']),
  since: z.string().max(40),
  failedAt: z.string().max(64).exactOptional(),
  error: ReportedError.exactOptional(),
  counters: z.object({ runs: count, failed: count, noOutput: count, dropped: count }),
  lastRunAt: z.string().max(40).nullable(),
});
export type PipelineStatus = z.infer<typeof PipelineStatus>;

export const ReportedPipeline = z.object({
  id: PipelineId,
  /** What stands in the flows; null = nothing yet. */
  revision: z.int().positive().nullable(),
  state: z.enum(['pending', 'downloading', 'deployed', 'failed']),
  /** Somebody changed it on the edge. */
  changed: z.boolean().exactOptional(),
  /** What it waits for, in words. */
  waitingFor: z.string().max(200).exactOptional(),
  error: ReportedError.exactOptional(),
  /** Epoch ms of the next try after a failure. */
  retryAt: at.exactOptional(),
  status: PipelineStatus.exactOptional(),
});
export type ReportedPipeline = z.infer<typeof ReportedPipeline>;
