import { z } from 'zod';
import { Digest } from '../../../ids';
import { RunGiven } from '../../../training/delegated/run-spec';
import { RunDocument } from '../../../training/run/run-document';
import { isFinal } from '../../../training/run/run-states';
import { Fence, RunOutput } from '../../protocol/run-documents';

/** A run that the hub wants here, in `edge-agent-runs.db`: on the disk before anything is done for it. */
export const EdgeRun = z
  .object({
    _id: z.string(),
    job: z.string(),
    fence: Fence,
    spec: z.object({ digest: Digest, sizeBytes: z.int().nonnegative() }),
    /** Once the spec is here. */
    given: RunGiven.nullable(),
    /** Once all files are here; from then on it goes as any run does. */
    run: RunDocument.nullable(),
    /** Of one that ended before it could begin. */
    end: z
      .object({
        state: z.enum(['failed', 'cancelled']),
        error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
      })
      .nullable(),
    /** What the hub may fetch. */
    outputs: z.array(RunOutput).readonly(),
  })
  .readonly();
export type EdgeRun = z.infer<typeof EdgeRun>;

/** Fences of runs of which nothing is left here: none of them is begun again, whatever a restored hub wants. */
export const SpentFences = z.object({ _id: z.literal('spent'), fences: z.array(z.string()).readonly() }).readonly();
export type SpentFences = z.infer<typeof SpentFences>;

export const EdgeRunDocument = z.union([SpentFences, EdgeRun]);
export type EdgeRunDocument = z.infer<typeof EdgeRunDocument>;

export const MAX_SPENT = 1_000;
export const fenceKey = (run: string, { epoch, counter }: Fence): string => `${run} ${epoch} ${counter}`;

/** Nothing goes on for it any more, and all that it leaves is there. */
export function isOver({ run, end }: EdgeRun): boolean {
  return end !== null || (run !== null && isFinal(run.state) && run.cleaned);
}
