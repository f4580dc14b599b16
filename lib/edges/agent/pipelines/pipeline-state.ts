import { z } from 'zod';
import { Digest, LibraryName } from '../../../ids';
import { DesiredLibrary, DesiredPipeline } from '../../protocol/pipeline-documents';
import { MAX_RETRY_MS, retryDelayMs } from '../model-state';

/** What an edge keeps of one pipeline of its hub, in `edge-agent-pipelines.db`. */
export const PipelineState = z
  .object({
    _id: z.string(),
    /** Of another hub it is nothing that this one may touch. */
    hubId: z.string(),
    /** What was placed last. */
    applied: DesiredPipeline.nullable(),
    /** The bundle that ran here last: its models answered, so it may start with what they answer by now. */
    ran: Digest.nullable().default(null),
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

export const newPipeline = (id: string, hubId: string): PipelineState => ({
  _id: id,
  hubId,
  applied: null,
  ran: null,
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

const REMOVAL = 'removal';

/** True while a removal that failed waits for its time. */
export function isStuck({ failure }: PipelineState, nowMs: number): boolean {
  return failure?.key === REMOVAL && isAhead(failure.retryAt, nowMs);
}

/** True of a moment to come; one that is further off than any pause is of a clock that was set back. */
export const isAhead = (atMs: number, nowMs: number): boolean => atMs > nowMs && atMs - nowMs <= MAX_RETRY_MS;

/** True when a failure is of this target and this attempt. */
export function isFailureOf({ failure }: PipelineState, target: DesiredPipeline): boolean {
  return failure !== null && failure.key === pipelineKey(target) && failure.attempt === target.attempt;
}

export type PipelineEvent =
  | { readonly kind: 'claimed'; readonly isClaimed: boolean }
  /** What failed before went well. */
  | { readonly kind: 'recovered'; readonly target: DesiredPipeline }
  /** Its removal failed. */
  | { readonly kind: 'stuck'; readonly code: string; readonly message: string; readonly jitter: number }
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
      return state.isClaimed === event.isClaimed ? state : { ...state, isClaimed: event.isClaimed };
    case 'recovered':
      return isFailureOf(state, event.target) ? { ...state, failure: null } : state;
    case 'applied': {
      const { target: applied, surroundings } = event;
      const ran = [applied, state.applied].find((one) => one?.running)?.digest ?? state.ran;
      return { ...state, applied, ran, surroundings, isClaimed: true, failure: null };
    }
    case 'failed':
      return failed(state, pipelineKey(event.target), event.target.attempt, event, nowMs);
    case 'stuck':
      return failed(state, REMOVAL, 0, event, nowMs);
    case 'retry':
      return state.failure ? { ...state, failure: { ...state.failure, retryAt: nowMs } } : state;
  }
}

function failed(
  state: PipelineState,
  key: string,
  attempt: number,
  { code, message, jitter }: { readonly code: string; readonly message: string; readonly jitter: number },
  nowMs: number,
): PipelineState {
  const isAgain = state.failure?.key === key && state.failure.attempt === attempt;
  const count = isAgain ? (state.failure?.count ?? 0) + 1 : 1;
  return { ...state, failure: { key, attempt, code, message, count, retryAt: nowMs + retryDelayMs(count, jitter) } };
}
