import assert from 'node:assert/strict';
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
