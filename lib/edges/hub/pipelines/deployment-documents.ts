import { z } from 'zod';
import { Digest, LibraryName, ModelName } from '../../../ids';
import type { DocumentStore } from '../../../store';
import { EdgeName } from '../../protocol/documents';
import { PipelineId } from '../../protocol/pipeline-documents';

const file = { digest: Digest, sizeBytes: z.int().nonnegative() };

/** `pipeline-revisions.db`: a pipeline as it was when somebody deployed it to edges. Never changed. */
export const PipelineRevisionDocument = z
  .object({
    _id: z.string(),
    pipeline: PipelineId,
    revision: z.int().positive(),
    name: z.string(),
    at: z.int(),
    user: z.string().nullable(),
    bundle: z.object(file),
    models: z.array(z.object({ model: ModelName, ref: z.string() })).readonly(),
    /** As their sources were. */
    libraries: z.array(z.object({ name: LibraryName, revision: z.int(), ...file })).readonly(),
  })
  .readonly();
export type PipelineRevisionDocument = z.infer<typeof PipelineRevisionDocument>;

/** `edge-pipelines.db`: a pipeline runs on an edge. */
export const PipelineDeploymentDocument = z
  .object({
    _id: z.string(),
    pipeline: PipelineId,
    edge: EdgeName,
    revision: z.int().positive(),
    /** What ran there before it, and runs until it does; null = nothing. */
    previousRevision: z.int().positive().nullable(),
    /** Of the edge's own flows; null = the broker of the edge. */
    brokerId: z.string().nullable(),
    running: z.boolean(),
    attempt: z.int().nonnegative(),
  })
  .readonly();
export type PipelineDeploymentDocument = z.infer<typeof PipelineDeploymentDocument>;

export interface DeploymentStores {
  readonly revisions: DocumentStore<PipelineRevisionDocument>;
  readonly deployments: DocumentStore<PipelineDeploymentDocument>;
}
