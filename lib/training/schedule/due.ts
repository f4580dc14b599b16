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

/** `run` = begin one; `missed` = it was due while nothing could run, too long ago to make up for. */
export type Due =
  | { readonly kind: 'none'; readonly nextMs: number | null }
  | { readonly kind: 'run' | 'missed'; readonly dueMs: number; readonly count: number; readonly nextMs: number | null };

const MAX_COUNT = 1_000;

/**
 * What a schedule asks for now. However much was missed, it comes to one run at most. A clock that goes back makes
 * nothing due twice.
 */
export function dueNow({ schedule, anchorMs, handledMs, catchUpMs }: DueFacts, nowMs: number): Due {
  let dueMs: number | undefined;
  let count = 0;
  let next = nextAfter(schedule, anchorMs, handledMs);
  while (next !== null && next <= nowMs) {
    dueMs = next;
    count += 1;
    // After a long time away only the last one matters.
    const from = count < MAX_COUNT ? next : Math.max(next, nowMs - catchUpMs - 1);
    next = nextAfter(schedule, anchorMs, from);
    if (count > 2 * MAX_COUNT) {
      next = nextAfter(schedule, anchorMs, nowMs);
      break;
    }
  }
  if (dueMs === undefined) return { kind: 'none', nextMs: next };
  return { kind: nowMs - dueMs <= catchUpMs ? 'run' : 'missed', dueMs, count, nextMs: next };
}
