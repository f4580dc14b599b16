import { Cron } from 'croner';

/** A moment as clocks in a zone show it. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Five fields, or six with seconds first; `@daily` and the like too. One that never comes true is none. */
export function isCronExpression(expression: string): boolean {
  try {
    return cronOf(expression, 'UTC').nextRun(new Date('2000-01-01T00:00:00Z')) !== null;
  } catch {
    return false;
  }
}

/**
 * The first time after `afterMs` that a cron expression comes true, null = never. In the gap of a spring change a time is
 * the first moment behind it, where those of one list, range or step meet in one; in autumn it is the first of the two.
 * What comes each hour goes by hours that pass instead: none in the gap, all in the hour that is repeated.
 */
export function nextCron(expression: string, timeZone: string, afterMs: number): number | null {
  return cronOf(timesWritten(expression), timeZone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

function cronOf(expression: string, timezone: string): Cron {
  // Else croner takes lists and ranges for what passes, and skips those that lie in a gap.
  const rules = { mode: '5-or-6-parts', legacyMode: true, fixedTimeRule: 'no-wildcard' } as const;
  return new Cron(expression, { timezone, paused: true, ...rules });
}

/** With each time of day written out, since croner takes whatever has a wildcard or a step for what passes. */
function timesWritten(expression: string): string {
  const fields = expression.trim().split(/\s+/);
  const hourAt = fields.length - 4;
  const hours = valuesOf(fields[hourAt] ?? '', 24);
  if (hours.size === 24) return fields.with(hourAt, '*').join(' ');
  return fields
    .map((field, at) => (at > hourAt ? field : [...valuesOf(field, at === hourAt ? 24 : 60)].join(',')))
    .join(' ');
}

/** What a field of an expression that is valid stands for. */
function valuesOf(field: string, size: number): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [first = '0', last = first] = /^[*?]$/.test(range) ? ['0', String(size - 1)] : range.split('-');
    for (let value = Number(first); value <= Number(last); value += Number(step)) values.add(value);
  }
  return values;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function toLocal(epochMs: number, timeZone: string): LocalTime {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return {
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
  };
}

/** As if the clock showed UTC; only differences of it mean something. */
export function asUtc({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const HOUR_MS = 3_600_000;

/** When clocks in the zone show this: the first of two such moments; in a gap the first valid moment behind it. */
export function fromLocal(local: LocalTime, timeZone: string): number {
  const wanted = asUtc(local);
  const offsets = [-26, -1, 0, 1, 26].map((hours) => {
    const at = wanted + hours * HOUR_MS;
    return asUtc(toLocal(at, timeZone)) - Math.floor(at / 1_000) * 1_000;
  });
  const moments = [...new Set(offsets)].map((offset) => wanted - offset);
  const valid = moments.filter((at) => asUtc(toLocal(at, timeZone)) === wanted);
  if (valid.length > 0) return Math.min(...valid);
  return gapEnd(Math.min(...moments), Math.max(...moments), timeZone);
}

/** Where the offset changes between two moments. */
function gapEnd(fromMs: number, toMs: number, timeZone: string): number {
  const offsetAt = (at: number): number => asUtc(toLocal(at, timeZone)) - Math.floor(at / 1_000) * 1_000;
  let [low, high] = [fromMs, toMs];
  const before = offsetAt(low);
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
