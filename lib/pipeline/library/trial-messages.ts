import { z } from 'zod';
import { errorCodes } from '../../errors';
import type { LibraryName } from '../../ids';
import type { CallContext } from './types';

/** What a trial thread is started with. */
export interface TrialOrder {
  readonly name: LibraryName;
  readonly source: string;
  readonly modules: readonly string[];
  readonly modulesPath: string;
  /** Absent = only load it. */
  readonly call?: { readonly input: unknown; readonly context: CallContext; readonly timeoutMs: number };
}

const count = z.number().nonnegative();

export const TrialError = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  line: z.int().exactOptional(),
  column: z.int().exactOptional(),
});

/** What a trial thread tells, in this order: `began`, then lines, `running` before the call, and one of the last three. */
export const TrialReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('began') }),
  z.object({
    kind: z.literal('line'),
    level: z.enum(['error', 'warn', 'info', 'debug']),
    text: z.string(),
    atMs: count,
  }),
  z.object({ kind: z.literal('linesCut') }),
  z.object({ kind: z.literal('running') }),
  z.object({ kind: z.literal('loaded') }),
  z.object({
    kind: z.literal('answer'),
    /** Absent: there was no output. */
    text: z.string().exactOptional(),
    isCut: z.boolean(),
    isInexact: z.boolean(),
    durationMs: count,
  }),
  z.object({ kind: z.literal('failed'), error: TrialError, durationMs: count }),
]);
export type TrialReply = z.infer<typeof TrialReply>;
