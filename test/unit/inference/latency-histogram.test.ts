import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LatencyHistogram } from '../../../lib/inference/processes/latency-histogram';

function histogramOf(durations: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const ms of durations) histogram.add(ms);
  return histogram;
}

function exactQuantile(durations: readonly number[], ratio: number): number {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN;
}

function assertClose(actual: number | null, exact: number): void {
  assert.ok(actual !== null && Math.abs(actual - exact) <= Math.max(0.001, exact * 0.016), `${actual} for ${exact}`);
}

const durations = fc.array(
  fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.double({ min: 0, max: 2e6, noNaN: true })),
  {
    minLength: 1,
    maxLength: 300,
  },
);

describe('LatencyHistogram', () => {
  it('knows no quantile before the first duration, and none once it is cleared', () => {
    const histogram = new LatencyHistogram();
    assert.equal(histogram.quantileMs(0.5), null);
    histogram.add(1);
    histogram.clear();
    assert.equal(histogram.quantileMs(0.5), null);
  });

  for (const { ms, shown } of [
    { ms: -1, shown: 0 },
    { ms: 0, shown: 0 },
    { ms: 0.0635, shown: 0.0635 },
    { ms: 0.064, shown: 0.064 },
    { ms: 1, shown: 1 },
    { ms: 1e9, shown: 2_147_483 },
    { ms: Number.POSITIVE_INFINITY, shown: 2_147_483 },
  ]) {
    it(`tells ${ms} ms as about ${shown} ms`, () => assertClose(histogramOf([ms]).quantileMs(0.5), shown));
  }

  it('is off by at most 1 µs or 1.6 % from the exact quantile, whatever came', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom(0, 0.5, 0.9, 0.99, 1), (all, ratio) => {
        assertClose(histogramOf(all).quantileMs(ratio), exactQuantile(all, ratio));
      }),
    );
  });

  it('tells of two that are added up what one would that had heard both', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        const sum = histogramOf(a);
        sum.addAll(histogramOf(b));
        for (const ratio of [0.5, 0.99]) {
          assert.equal(sum.quantileMs(ratio), histogramOf([...a, ...b]).quantileMs(ratio));
        }
      }),
    );
  });
});
