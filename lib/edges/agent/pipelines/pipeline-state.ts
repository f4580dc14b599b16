import { z } from 'zod';
import { LibraryName } from '../../../ids';
import { DesiredLibrary, DesiredPipeline } from '../../protocol/pipeline-documents';
import { retryDelayMs } from '../model-state';

/** What an edge keeps of one pipeline of its hub, in `edge-agent-pipelines.db`. */
export const PipelineState = z
  .object({
    _id: z.string(),
    /** What was placed last. */
    applied: DesiredPipeline.nullable(),
    /** Name and broker of the edge when that was; not themselves. */
    surroundings: z.string().nullable(),
    /** Its tab in the flows is the hub's: noted before it is placed for the first time. */
    isClaimed: z.boolean(),
    /** The last step that failed; tried again at `retryAt`. */
    failure: z
      .object({
        key: z.string(),
        attempt: z.int(),
        code: z.string(),
        message: z.string(),
        count: z.int(),
        retryAt: z.int(),
      })
      .nullable(),
  })
  .readonly();
export type PipelineState = z.infer<typeof PipelineState>;

export const newPipeline = (id: string): PipelineState => ({
  _id: id,
  applied: null,
  surroundings: null,
  isClaimed: false,
  failure: null,
});

/** A library of the hub that answers here, in `edge-agent-libraries.db`. */
export const ProvidedLibrary = DesiredLibrary.extend({ _id: LibraryName }).readonly();
export type ProvidedLibrary = z.infer<typeof ProvidedLibrary>;

/** Equal for targets that are the same to place, whatever the number of the attempt. */
export const pipelineKey = ({ id, revision, digest, brokerId, running }: DesiredPipeline): string =>
  JSON.stringify([id, revision, digest, brokerId ?? null, running]);

/** True when a failure is of this target and this attempt. */
export function isFailureOf({ failure }: PipelineState, target: DesiredPipeline): boolean {
  return failure !== null && failure.key === pipelineKey(target) && failure.attempt === target.attempt;
}

export type PipelineEvent =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'applied'; readonly target: DesiredPipeline; readonly surroundings: string }
  | {
      readonly kind: 'failed';
      readonly target: DesiredPipeline;
      readonly code: string;
      readonly message: string;
      /** 0..1. */
      readonly jitter: number;
    }
  /** The user or the hub wants it tried at once. */
  | { readonly kind: 'retry' };

/** The only writer of the state of a pipeline. */
export function reducePipeline(state: PipelineState, event: PipelineEvent, nowMs: number): PipelineState {
  switch (event.kind) {
    case 'claimed':
      return state.isClaimed ? state : { ...state, isClaimed: true };
    case 'applied':
      return { ...state, applied: event.target, surroundings: event.surroundings, isClaimed: true, failure: null };
    case 'failed': {
      const { target, code, message, jitter } = event;
      const count = isFailureOf(state, target) ? (state.failure?.count ?? 0) + 1 : 1;
      const retryAt = nowMs + retryDelayMs(count, jitter);
      const { attempt } = target;
      return { ...state, failure: { key: pipelineKey(target), attempt, code, message, count, retryAt } };
    }
    case 'retry':
      return state.failure ? { ...state, failure: { ...state.failure, retryAt: nowMs } } : state;
  }
}
