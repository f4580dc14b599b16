import { nextAfter } from './next-after';
import type { Schedule } from './schedule';

export interface DueFacts {
  readonly schedule: Schedule;
  /** When the job was made: what intervals are counted from. */
  readonly anchorMs: number;
  /** Up to here everything that was due has been dealt with. */
  readonly handledMs: number;
  /** What was due longer ago than this is not made up for. */
  readonly catchUpMs: number;
}

/**
 * `run` = begin one; `missed` = it was due while nothing could run, too long ago to make up for. `dueMs` is the last time
 * that passed, `count` how many did, counted to 1,000.
 */
export type Due =
  | { readonly kind: 'none'; readonly nextMs: number | null }
  | { readonly kind: 'run' | 'missed'; readonly dueMs: number; readonly count: number; readonly nextMs: number | null };

const MAX_COUNT = 1_000;

/**
 * What a schedule asks for now. However much was missed, it comes to one run at most. A clock that goes back makes
 * nothing due twice.
 */
export function dueNow({ schedule, anchorMs, handledMs, catchUpMs }: DueFacts, nowMs: number): Due {
  const after = (afterMs: number): number | null => nextAfter(schedule, anchorMs, afterMs);
  let dueMs: number | undefined;
  let count = 0;
  let next = after(handledMs);
  for (; next !== null && next <= nowMs && count < MAX_COUNT; next = after(next)) {
    dueMs = next;
    count += 1;
  }
  if (dueMs === undefined) return { kind: 'none', nextMs: next };
  if (next !== null && next <= nowMs) {
    dueMs = lastUntil(nowMs, next, after);
    next = after(dueMs);
  }
  return { kind: nowMs - dueMs <= catchUpMs ? 'run' : 'missed', dueMs, count, nextMs: next };
}

/** The last due time until `nowMs`, without a step for each before it; `dueMs` is one of them. */
function lastUntil(nowMs: number, dueMs: number, after: (afterMs: number) => number | null): number {
  let [last, end] = [dueMs, nowMs];
  while (last < end) {
    const middle = Math.floor((last + end) / 2);
    const next = after(middle);
    if (next !== null && next <= nowMs) last = next;
    else end = middle;
  }
  return last;
}
