import assert from 'node:assert/strict';
import fc from 'fast-check';
import { valueRange } from '../../../plugins/model-management/editor/chart/value-range';
import { metricNames, metricSeries, movedCursor } from '../../../plugins/model-management/editor/model/metric-series';

describe('the room a chart gives its values', () => {
  for (const { name, values, range } of [
    { name: 'nothing', values: [], range: { divisor: 1, min: -1, max: 1 } },
    { name: 'one value lies in the middle', values: [0.5], range: { divisor: 1, min: 0.25, max: 0.75 } },
    { name: 'so does a single zero', values: [0], range: { divisor: 1, min: -1, max: 1 } },
    { name: 'equal values lie in the middle', values: [-4, -4], range: { divisor: 1, min: -6, max: -2 } },
    { name: 'a span gets a margin', values: [0, 100], range: { divisor: 1, min: -15, max: 115 } },
    { name: 'large values are scaled down', values: [-1e308, 1e308], range: { divisor: 1e308, min: -1.3, max: 1.3 } },
    { name: 'tiny ones are scaled up', values: [2e-300, 4e-300], range: { divisor: 4e-300, min: 0.425, max: 1.075 } },
  ]) {
    it(`${name}: ${JSON.stringify(values)}`, () => assert.deepEqual(valueRange(values), range));
  }

  it('holds every value, whatever its size, and can be divided into steps', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 20 }), (values) => {
        const { divisor, min, max } = valueRange(values);
        assert.ok(Number.isFinite(min) && Number.isFinite(max) && divisor > 0, `${divisor} ${min} ${max}`);
        // A step of a thousandth has to be felt, else whoever counts in steps never arrives.
        const step = (max - min) / 1_000;
        assert.ok(step > 0 && min + step > min && max - step < max, `${min} ${max}`);
        for (const value of values) assert.ok(value / divisor >= min && value / divisor <= max, `${value}`);
      }),
    );
  });
});

describe('a metric over versions', () => {
  const versions: readonly { readonly version: number; readonly metrics: Readonly<Record<string, number>> }[] = [
    { version: 7, metrics: { loss: 0.1, accuracy: 0.9 } },
    { version: 4, metrics: { f1: -3 } },
    { version: 2, metrics: { accuracy: 0.8 } },
  ];
  it('names each metric once, those of the newest version first', () =>
    assert.deepEqual(metricNames(versions), ['loss', 'accuracy', 'f1']));
  it('goes from the oldest version to the newest, with a gap where the metric is missing', () =>
    assert.deepEqual(metricSeries(versions, 'accuracy'), [
      { version: 2, value: 0.8 },
      { version: 4, value: null },
      { version: 7, value: 0.9 },
    ]));
  it('has only gaps for a metric that no version has', () =>
    assert.deepEqual(
      metricSeries(versions, 'none').map(({ value }) => value),
      [null, null, null],
    ));
  it('takes no property of objects for a metric', () =>
    assert.equal(metricSeries([{ version: 1, metrics: {} }], 'constructor')[0]?.value, null));
});

describe('the keys of the chart', () => {
  for (const [key, from, to] of [
    ['ArrowLeft', undefined, 3],
    ['ArrowLeft', 0, 0],
    ['ArrowRight', 1, 2],
    ['ArrowUp', 4, 4],
    ['PageDown', 4, 0],
    ['Home', 3, 0],
    ['End', undefined, 4],
    ['Enter', 2, undefined],
    ['a', 2, undefined],
    ['constructor', 2, undefined],
  ] as const) {
    it(`${key} from ${from ?? 'nowhere'} to ${to ?? 'nowhere'}`, () => assert.equal(movedCursor(key, from, 5), to));
  }
});
