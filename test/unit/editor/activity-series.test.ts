import assert from 'node:assert/strict';
import { activityFields } from '../../../lib/inference/activity';
import type { ActivitySamples } from '../../../plugins/model-management/editor/contract';
import {
  activityCharts,
  activityPoints,
  figuresOf,
  hasActivity,
} from '../../../plugins/model-management/editor/model/activity-series';

const STEP_MS = 20_000;
const NOW_MS = Date.UTC(2026, 0, 1);
const window = { atMs: NOW_MS, minutes: 2, stepMs: STEP_MS };

/** Samples that end so long before now, each with what is given. */
function samplesAt(agesMs: readonly number[], given: Partial<Record<keyof ActivitySamples, (number | null)[]>> = {}) {
  const none = agesMs.map(() => null);
  const columns = Object.fromEntries(activityFields.map((field) => [field, given[field] ?? none]));
  return { at: agesMs.map((age) => new Date(NOW_MS - age).toISOString()), ...columns } as unknown as ActivitySamples;
}

describe('activityPoints', () => {
  for (const { name, ages, filled } of [
    { name: 'nothing at all', ages: [], filled: '......' },
    { name: 'all steps', ages: [100, 80, 60, 40, 20, 0], filled: '######' },
    { name: 'timers that are late', ages: [117, 96, 74, 53, 31, 10], filled: '######' },
    { name: 'a version loaded just now', ages: [20, 0], filled: '....##' },
    { name: 'a version that is gone', ages: [100, 80, 60], filled: '###...' },
    { name: 'a break between', ages: [100, 20, 0], filled: '#...##' },
    { name: 'more than the window holds', ages: [140, 120, 100, 80, 60, 40, 20, 0], filled: '######' },
  ]) {
    it(`draws ${name} where it was`, () => {
      const samples = samplesAt(
        ages.map((seconds) => seconds * 1_000),
        { memoryBytes: ages.map(() => 1) },
      );
      const points = activityPoints('memory', samples, window);
      assert.equal(points.map(({ value }) => (value === null ? '.' : '#')).join(''), filled);
      const moments = points.map(({ atMs }) => atMs);
      assert.deepEqual([...moments].sort(), moments);
    });
  }

  it('reads each chart from its columns', () => {
    const samples = samplesAt([0], {
      spanMs: [2_000],
      requests: [10],
      errors: [3],
      restarts: [1],
      p50Ms: [4],
      p99Ms: [5],
      batchMean: [6],
      batchMax: [7],
      memoryBytes: [8],
    });
    const last = activityCharts.map((chart) => {
      const { value, second, restarts } = activityPoints(chart, samples, window).at(-1) ?? {};
      return [chart, value, second, restarts];
    });
    assert.deepEqual(last, [
      ['rate', 5, null, 1],
      ['latency', 4, 5, 1],
      ['batch', 6, 7, 1],
      ['errors', 3, null, 1],
      ['memory', 8, null, 1],
    ]);
  });

  it('knows no rate over a span of unknown length', () => {
    assert.equal(activityPoints('rate', samplesAt([0], { requests: [10] }), window).at(-1)?.value, null);
  });
});

describe('hasActivity', () => {
  for (const [field, expected] of [
    ['requests', true],
    ['errors', true],
    ['restarts', true],
    ['memoryBytes', false],
  ] as const) {
    it(`is ${expected} for ${field} alone`, () => {
      assert.equal(hasActivity(samplesAt([1_000, 0], { [field]: [0, 1] })), expected);
    });
  }
});

describe('figuresOf', () => {
  for (const { values, figures } of [
    { values: [], figures: undefined },
    { values: [null, null], figures: undefined },
    { values: [1, 5, null, 2, null], figures: { last: 2, highest: 5, sum: 8 } },
  ]) {
    it(`tells ${JSON.stringify(values)} as ${JSON.stringify(figures)}`, () => {
      assert.deepEqual(figuresOf(values), figures);
    });
  }
});
