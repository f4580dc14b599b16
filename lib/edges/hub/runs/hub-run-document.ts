import { z } from 'zod';
import { Digest } from '../../../ids';
import { RunFile } from '../../../training/delegated/run-spec';
import { QueryInput } from '../../../training/run/run-document';
import { EdgeName } from '../../protocol/documents';
import { KeyId } from '../../protocol/keys';
import { Fence } from '../../protocol/run-documents';

/** A run that an edge carries out, in `edge-runs.db`: there from when it is given until its end is in the run itself. */
export const HubRun = z
  .object({
    _id: z.string(),
    job: z.string(),
    edge: EdgeName,
    /** Of the edge when the run was given to it: with another one it is another edge. */
    edgeKeyId: KeyId,
    fence: Fence,
    spec: z.object({ digest: Digest, sizeBytes: z.int().nonnegative() }),
    /** Of the run's work folder. */
    files: z.array(RunFile).readonly(),
    base: z.object({ model: z.string(), version: z.int().positive() }).nullable(),
    /** What the hub read itself; the others come with the edge's word. */
    queries: z.array(QueryInput).readonly(),
    /** Length of the run's log when it was given: what the edge says comes behind it. */
    logOffset: z.int().nonnegative(),
    cancel: z.boolean(),
  })
  .readonly();
export type HubRun = z.infer<typeof HubRun>;
