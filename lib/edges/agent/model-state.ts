import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DesiredFile } from '../protocol/documents';
import { DesiredModel, type DesiredVersion } from '../protocol/documents';

/** A model's name as it is compared. */
export type ModelKey = string;

const failed = {
  targetKey: z.string(),
  attempt: z.int(),
  code: z.string(),
  message: z.string(),
};

/** What an edge keeps of one model on its disk: enough to start it without a hub, and to go back. */
export const ModelState = z
  .object({
    _id: z.string(),
    /** What was switched to last and is started again. */
    running: DesiredModel.nullable(),
    /** What ran well before it, with all that it needs; a return goes there. */
    lastGood: DesiredModel.nullable(),
    /** While it is not known yet whether `running` is any good; `errorRatio` is that of the one before. */
    health: z.object({ since: z.int(), errorRatio: z.number() }).nullable(),
    /** The last step that failed; tried again at `retryAt`. */
    failure: z.object({ ...failed, step: z.string(), count: z.int(), retryAt: z.int() }).nullable(),
    /** What was given up: it waits for another target, or for the user's next attempt. */
    rejected: z.object(failed).nullable(),
  })
  .readonly();
export type ModelState = z.infer<typeof ModelState>;

export const emptyState = (key: ModelKey): ModelState => ({
  _id: key,
  running: null,
  lastGood: null,
  health: null,
  failure: null,
  rejected: null,
});

/** Equal for targets that are the same to run, whatever the number of the attempt. */
export function targetKey(target: DesiredModel): string {
  const aliases = Object.entries(target.aliases).sort(([a], [b]) => (a < b ? -1 : 1));
  const versions = target.versions.map(versionKey).sort();
  const text = JSON.stringify([target.deployed, aliases, versions]);
  return createHash('sha256').update(text).digest('base64url');
}

/** Equal for versions of the same number and files. */
export function versionKey({ version, files }: DesiredVersion): string {
  const named = files.map(({ kind, digest }) => `${kind}=${digest}`).sort();
  return `${version}:${named.join(',')}`;
}

/** True when a failure is of this target and this attempt. */
export function isOf(failure: { readonly targetKey: string; readonly attempt: number }, target: DesiredModel): boolean {
  return failure.targetKey === targetKey(target) && failure.attempt === target.attempt;
}

/** Each file once. */
export function filesOf(target: DesiredModel): readonly DesiredFile[] {
  const files = target.versions.flatMap(({ files: own }) => own);
  return [...new Map(files.map((file) => [file.digest, file])).values()];
}

export type ModelEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'switched'; readonly target: DesiredModel; readonly errorRatio: number }
  | { readonly kind: 'returned'; readonly code: string; readonly message: string }
  | { readonly kind: 'settled' }
  | {
      readonly kind: 'failed';
      readonly step: string;
      readonly target: DesiredModel;
      readonly code: string;
      readonly message: string /** 0..1 */;
      readonly jitter: number;
    }
  /** The user or the hub wants it tried at once. */
  | { readonly kind: 'retry' };

const MIN_RETRY_MS = 10_000;
export const MAX_RETRY_MS = 600_000;

/** The pause after the n-th failure in a row: doubles to ten minutes, half of it by chance. */
export function retryDelayMs(count: number, jitter: number): number {
  const limit = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(count - 1, 10));
  return Math.round(limit / 2 + (limit / 2) * jitter);
}

/** The only writer of a model's state. An event that does not fit leaves it as it is. */
export function reduceModel(state: ModelState, event: ModelEvent, nowMs: number): ModelState {
  switch (event.kind) {
    case 'started': {
      const { failure, running } = state;
      const isOver = failure && (failure.step === 'start' || (running && failure.targetKey === targetKey(running)));
      return isOver ? { ...state, failure: null } : state;
    }
    case 'switched': {
      // What has not shown yet that it is good does not take the place of what has; it is better than nothing.
      const lastGood = state.health && state.lastGood ? state.lastGood : state.running;
      const health = { since: nowMs, errorRatio: event.errorRatio };
      return { ...state, running: event.target, lastGood, health, failure: null, rejected: null };
    }
    case 'returned': {
      const { running, lastGood } = state;
      if (!running || !lastGood) return state;
      const { code, message } = event;
      const rejected = { targetKey: targetKey(running), attempt: running.attempt, code, message };
      return { ...state, running: lastGood, lastGood: null, health: null, failure: null, rejected };
    }
    case 'settled':
      return state.health ? { ...state, health: null } : state;
    case 'failed': {
      const { step, target, code, message, jitter } = event;
      const count = state.failure && isOf(state.failure, target) ? state.failure.count + 1 : 1;
      const retryAt = nowMs + retryDelayMs(count, jitter);
      const failure = { targetKey: targetKey(target), attempt: target.attempt, step, code, message, count, retryAt };
      // What does not start any more gives way to what did; it is tried again as any target is.
      if ((step === 'start' || step === 'lose') && state.lastGood) {
        return { ...state, running: state.lastGood, lastGood: null, health: null, failure };
      }
      return { ...state, failure };
    }
    case 'retry':
      return state.failure ? { ...state, failure: { ...state.failure, retryAt: nowMs } } : state;
  }
}
