import { asUtc, fromLocal, type LocalTime, nextCron, toLocal } from './calendar';
import type { IntervalUnit, Schedule } from './schedule';

const FIXED_MS: Partial<Record<IntervalUnit, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };
const DAY_MS = 86_400_000;
const MAX_STEPS = 1_000;

/**
 * The first time after `afterMs` at which a schedule is due; null = never. Pure: the same answer whenever it is asked.
 *
 * Seconds to hours are counted as time passes. Days and longer follow the calendar of the zone: in a gap of the clock
 * the first moment behind it, at a repeated hour the first time only; a day of the month only where it exists.
 * @param anchorMs - where an interval is counted from: when its job was made
 */
export function nextAfter(schedule: Schedule, anchorMs: number, afterMs: number): number | null {
  if (schedule.kind === 'cron') return nextCron(schedule.expression, schedule.timeZone, afterMs);
  const fixedMs = FIXED_MS[schedule.unit];
  if (fixedMs !== undefined) {
    const stepMs = fixedMs * schedule.every;
    if (afterMs < anchorMs) return anchorMs + stepMs;
    return anchorMs + (Math.floor((afterMs - anchorMs) / stepMs) + 1) * stepMs;
  }
  return nextByCalendar(schedule, anchorMs, afterMs);
}

type Interval = Extract<Schedule, { kind: 'interval' }>;

function nextByCalendar(schedule: Interval, anchorMs: number, afterMs: number): number | null {
  const anchor = toLocal(anchorMs, schedule.timeZone);
  const start = schedule.at === undefined ? anchor : { ...anchor, ...timeOf(schedule.at), second: 0 };
  const from = Math.max(0, Math.floor(stepsBetween(schedule, start, toLocal(afterMs, schedule.timeZone))) - 1);
  for (let step = from; step < from + MAX_STEPS; step += 1) {
    const local = stepFrom(start, schedule, step);
    const at = local && fromLocal(local, schedule.timeZone);
    // Without a time of day the first run comes one interval after the start.
    if (at !== undefined && at > afterMs && at > anchorMs) return at;
  }
  return null;
}

function timeOf(at: string): { readonly hour: number; readonly minute: number } {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  return { hour, minute };
}

/** How many intervals lie between, at least about. */
function stepsBetween({ unit, every }: Interval, start: LocalTime, now: LocalTime): number {
  if (unit === 'month') return ((now.year - start.year) * 12 + now.month - start.month) / every;
  if (unit === 'year') return (now.year - start.year) / every;
  return (asUtc(now) - asUtc(start)) / DAY_MS / (unit === 'week' ? 7 : 1) / every;
}

/** Undefined where the month has no such day. */
function stepFrom(start: LocalTime, { unit, every }: Interval, step: number): LocalTime | undefined {
  const count = step * every;
  if (unit === 'day' || unit === 'week') {
    const date = new Date(
      asUtc({ ...start, hour: 12, minute: 0, second: 0 }) + count * DAY_MS * (unit === 'week' ? 7 : 1),
    );
    return { ...start, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  }
  const months = start.month - 1 + count * (unit === 'year' ? 12 : 1);
  const local = { ...start, year: start.year + Math.floor(months / 12), month: (months % 12) + 1 };
  const isThere = new Date(Date.UTC(local.year, local.month - 1, local.day)).getUTCDate() === local.day;
  return isThere ? local : undefined;
}

/** The next times, in order; fewer when there are no more. */
export function nextTimes(schedule: Schedule, anchorMs: number, afterMs: number, count: number): readonly number[] {
  const times: number[] = [];
  for (let at = afterMs; times.length < count; ) {
    const next = nextAfter(schedule, anchorMs, at);
    if (next === null) break;
    times.push(next);
    at = next;
  }
  return times;
}

/** In words, in English; the editor has its own. */
export function describeSchedule(schedule: Schedule): string {
  if (schedule.kind === 'cron') return `by the cron expression "${schedule.expression}" (${schedule.timeZone})`;
  const { every, unit, at, timeZone } = schedule;
  const often = every === 1 ? `every ${unit}` : `every ${every} ${unit}s`;
  const isFixed = FIXED_MS[unit] !== undefined;
  return `${often}${at === undefined ? '' : ` at ${at}`}${isFixed ? '' : ` (${timeZone})`}`;
}
