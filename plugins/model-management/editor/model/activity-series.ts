import type { ActivityField } from '../../../../lib/inference/activity';
import type { ActivitySamples } from '../contract';

/** What a chart shows; each has a title in the locales. */
export const activityCharts = ['rate', 'latency', 'batch', 'errors', 'memory'] as const;
export type ActivityChart = (typeof activityCharts)[number];

export interface ActivityPoint {
  readonly atMs: number;
  readonly value: number | null;
  /** Of the second line, where the chart has one. */
  readonly second: number | null;
  /** Restarts of the process in this span. */
  readonly restarts: number;
}

export interface ActivityWindow {
  /** Its end: now. */
  readonly atMs: number;
  readonly minutes: number;
  readonly stepMs: number;
}

const FIELDS: Readonly<Record<Exclude<ActivityChart, 'rate'>, readonly [ActivityField, ActivityField?]>> = {
  latency: ['p50Ms', 'p99Ms'],
  batch: ['batchMean', 'batchMax'],
  errors: ['errors'],
  memory: ['memoryBytes'],
};

/** One point per step of the whole window, the oldest first; nulls where no sample is. */
export function activityPoints(
  chart: ActivityChart,
  samples: ActivitySamples,
  { atMs, minutes, stepMs }: ActivityWindow,
): readonly ActivityPoint[] {
  const count = Math.round((minutes * 60_000) / stepMs);
  const points: ActivityPoint[] = [];
  const fillUpTo = (endMs: number): void => {
    // Timers are late now and then: only what is longer than that is a gap.
    const missing = Math.floor((endMs - (points.at(-1)?.atMs ?? Number.NaN)) / stepMs - 0.9);
    for (let left = Math.min(missing, count); left > 0; left--) points.push(emptyAt(endMs - left * stepMs));
  };
  for (const [index, iso] of samples.at.entries()) {
    const sampleMs = Date.parse(iso);
    fillUpTo(sampleMs);
    const { value, second } = figuresAt(chart, samples, index);
    points.push({ atMs: sampleMs, value, second, restarts: samples.restarts[index] ?? 0 });
  }
  // The step under way has no sample yet.
  fillUpTo(atMs + stepMs);
  const oldestMs = points[0]?.atMs ?? atMs;
  const before = Array.from({ length: Math.max(0, count - points.length) }, (_, left) => left + 1);
  return [...before.map((left) => emptyAt(oldestMs - left * stepMs)).reverse(), ...points].slice(-count);
}

const emptyAt = (atMs: number): ActivityPoint => ({ atMs, value: null, second: null, restarts: 0 });

function figuresAt(chart: ActivityChart, samples: ActivitySamples, index: number) {
  if (chart === 'rate') {
    const [count, spanMs] = [samples.requests[index] ?? null, samples.spanMs[index] ?? null];
    return { value: count === null || spanMs === null ? null : (count * 1_000) / spanMs, second: null };
  }
  const [first, other] = FIELDS[chart];
  return { value: samples[first][index] ?? null, second: other ? (samples[other][index] ?? null) : null };
}

/** Whether there is anything to draw: memory alone is none. */
export function hasActivity({ requests, errors, restarts }: ActivitySamples): boolean {
  return [requests, errors, restarts].some((counts) => counts.some((count) => (count ?? 0) > 0));
}

/** The last value that is known, the largest one, and what all add up to; undefined without any. */
export function figuresOf(values: readonly (number | null)[]) {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  return { last, highest: Math.max(...known), sum: known.reduce((sum, value) => sum + value, 0) };
}
