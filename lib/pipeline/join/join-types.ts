import type { ParentPolicy } from '../join-config';

export type JoinedPolicy = Exclude<ParentPolicy, 'alone'>;

/** A parent that takes part in rounds, in the order of the node's list. */
export interface JoinParent<T> {
  readonly id: string;
  readonly policy: JoinedPolicy;
  /** For `latest`: what counts until its first message comes. */
  readonly initial?: T;
}

export interface JoinLimits {
  /** From the first result of a round to its release; 0 = no limit. */
  readonly timeoutMs: number;
  /** How long a round that has all it needs waits for optional parents; 0 = not at all. */
  readonly optionalWaitMs: number;
  /** Waiting rounds; a result that would begin one more is dropped. 0 = no cap. */
  readonly maxWaiting: number;
  /**
   * What a run key is worth. `unique` = it never returns, so whatever a run still sends after its round is gone is late.
   * `recurring` = the next run may have the same key (a device, an order). `none` = first with first, without a key: a
   * time-out then empties the whole join, so that pairing starts afresh.
   */
  readonly runs: 'unique' | 'recurring' | 'none';
}

/** Results of one run, one per parent, in the order of the parents; optional ones may be missing. */
export interface Released<T> {
  readonly run: string;
  readonly results: ReadonlyMap<string, T>;
}

export type DropReason = 'timeout' | 'full' | 'reset';

export interface Dropped<T> extends Released<T> {
  readonly reason: DropReason;
  /** Parents that it still needed. */
  readonly missing: readonly string[];
}

/** What became of a result that waits in no round. */
export interface Settled<T> {
  readonly result: T;
  /** `kept` = of a `latest` or `next` parent, in use; `unused` = no round waited for it; `late` = its round is gone; `removed` = its parent is. */
  readonly as: 'kept' | 'unused' | 'late' | 'removed';
}

/** What a call came to, in order. Every result that is offered ends in exactly one of these, or waits. */
export interface JoinEffects<T> {
  readonly released: readonly Released<T>[];
  readonly dropped: readonly Dropped<T>[];
  readonly settled: readonly Settled<T>[];
}
