import assert from 'node:assert/strict';
import { LatencySample } from '../../../lib/inference/processes/latency';
import { defaultSupervision, planRestart } from '../../../lib/inference/processes/supervision';

describe('planRestart', () => {
  const limits = {
    ...defaultSupervision,
    restartBaseMs: 100,
    restartMaxMs: 350,
    deathLimitCount: 6,
    coolDownMs: 1_000,
  };
  for (const { deaths, step } of [
    { deaths: 1, step: { kind: 'restart', delayMs: 0 } },
    { deaths: 2, step: { kind: 'restart', delayMs: 100 } },
    { deaths: 3, step: { kind: 'restart', delayMs: 200 } },
    { deaths: 4, step: { kind: 'restart', delayMs: 350 } },
    { deaths: 5, step: { kind: 'restart', delayMs: 350 } },
    { deaths: 6, step: { kind: 'fail', retryAt: 43_000 } },
    { deaths: 7, step: { kind: 'fail', retryAt: 43_000 } },
  ]) {
    it(`answers ${deaths} deaths in a row with ${JSON.stringify(step)}`, () => {
      assert.deepEqual(planRestart(deaths, limits, 42_000), step);
    });
  }
});

describe('LatencySample', () => {
  it('knows no quantile before the first duration', () => {
    assert.equal(new LatencySample().quantileMs(0.5), null);
  });

  it('tells the quantiles of the last 1,024 durations only', () => {
    const sample = new LatencySample();
    for (let ms = 0; ms < 10_000; ms++) sample.add(ms);
    assert.equal(sample.quantileMs(0), 8_976);
    assert.equal(sample.quantileMs(0.5), 9_488);
    assert.equal(sample.quantileMs(1), 9_999);
  });
});
