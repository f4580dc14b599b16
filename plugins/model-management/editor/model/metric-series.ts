import type { VersionSummary } from '../contract';
import { metricOf } from '../models/model-state';

export interface MetricPoint {
  readonly version: number;
  /** Null: the version has no such metric. */
  readonly value: number | null;
}

/** In the order in which the newest versions bring them. */
export function metricNames(versions: readonly Pick<VersionSummary, 'metrics'>[]): readonly string[] {
  return [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))];
}

/** A metric over the versions, the oldest first. */
export function metricSeries(
  versions: readonly { readonly version: number; readonly metrics: VersionSummary['metrics'] }[],
  metric: string,
): readonly MetricPoint[] {
  return versions
    .map(({ version, metrics }) => ({ version, value: metricOf({ metrics }, metric) ?? null }))
    .sort((a, b) => a.version - b.version);
}

const STEPS: ReadonlyMap<string, number> = new Map([
  ['ArrowLeft', -1],
  ['ArrowDown', -1],
  ['ArrowRight', 1],
  ['ArrowUp', 1],
  ['PageDown', -10],
  ['PageUp', 10],
  ['Home', Number.NEGATIVE_INFINITY],
  ['End', Number.POSITIVE_INFINITY],
]);

/** Which point a key leads to; undefined: the key means nothing here. Without a cursor it starts at the newest. */
export function movedCursor(key: string, cursor: number | undefined, pointCount: number): number | undefined {
  const step = STEPS.get(key);
  const last = pointCount - 1;
  return step === undefined ? undefined : Math.min(Math.max((cursor ?? last) + step, 0), last);
}
