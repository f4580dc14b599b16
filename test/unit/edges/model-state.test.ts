import assert from 'node:assert/strict';
import { emptyState, type ModelState, reduceModel } from '../../../lib/edges/agent/model-state';
import { aTarget } from '../../support/edge-builders';

const NOW = 1_000_000;
const v1 = aTarget('iris', 1);
const v2 = aTarget('iris', 2);
const state = (fields: Partial<ModelState> = {}): ModelState => ({ ...emptyState('iris'), ...fields });

describe('the state of a model', () => {
  const failed = { kind: 'failed' as const, target: v2, code: 'X', message: 'x', jitter: 0 };

  for (const step of ['start', 'lose']) {
    it(`gives way to what ran well when its ${step} failed`, () => {
      const after = reduceModel(state({ running: v2, lastGood: v1 }), { ...failed, step }, NOW);
      assert.deepEqual([after.running?.deployed, after.lastGood, after.failure?.code], [1, null, 'X']);
    });
  }

  it('has no failure any more once it is started', () => {
    const broken = reduceModel(state({ running: v2 }), { ...failed, step: 'verify' }, NOW);
    assert.equal(reduceModel(broken, { kind: 'started' }, NOW).failure, null);
    const other = reduceModel(state({ running: v1 }), { ...failed, step: 'verify' }, NOW);
    assert.equal(reduceModel(other, { kind: 'started' }, NOW), other);
  });

  it('keeps what ran well until its successor has', () => {
    const one = reduceModel(state(), { kind: 'switched', target: v1, errorRatio: 0 }, NOW);
    const good = reduceModel(one, { kind: 'settled' }, NOW);
    const two = reduceModel(good, { kind: 'switched', target: v2, errorRatio: 0 }, NOW);
    assert.deepEqual([two.running?.deployed, two.lastGood?.deployed], [2, 1]);
    const three = reduceModel(two, { kind: 'switched', target: aTarget('iris', 3), errorRatio: 0 }, NOW);
    assert.deepEqual([three.running?.deployed, three.lastGood?.deployed], [3, 1]);
    const back = reduceModel(three, { kind: 'returned', code: 'UNHEALTHY', message: 'm' }, NOW);
    assert.deepEqual([back.running?.deployed, back.lastGood, back.rejected?.code], [1, null, 'UNHEALTHY']);
    assert.equal(reduceModel(back, { kind: 'returned', code: 'UNHEALTHY', message: 'm' }, NOW), back);
  });

  it('waits longer after each failure of one target, up to ten minutes', () => {
    const delays: number[] = [];
    let current = state();
    for (let n = 0; n < 12; n += 1) {
      const event = { kind: 'failed' as const, step: 'warm', target: v1, code: 'X', message: 'x', jitter: 1 };
      current = reduceModel(current, event, NOW);
      delays.push((current.failure?.retryAt ?? 0) - NOW);
    }
    assert.deepEqual(delays.slice(0, 4), [10_000, 20_000, 40_000, 80_000]);
    assert.equal(delays.at(-1), 600_000);
  });
});
