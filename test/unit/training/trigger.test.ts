import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { decideTrigger, initialTrigger, type TriggerRule } from '../../../lib/training';

const rule = (given: Partial<TriggerRule>): TriggerRule => ({
  mode: 'message',
  count: 1,
  operator: '<',
  limit: 0,
  forMessages: 1,
  minIntervalMs: 0,
  ...given,
});

/** What each value does, one after the other; the time moves by a second each. */
function actions(given: Partial<TriggerRule>, values: readonly unknown[]): readonly string[] {
  let state = initialTrigger;
  return values.map((value, index) => {
    const decision = decideTrigger(rule(given), state, value, index * 1_000);
    state = decision.state;
    return decision.action;
  });
}

describe('a trigger', () => {
  const cases = [
    { name: 'fires on each message', given: {}, values: [1, 2], expected: ['fire', 'fire'] },
    {
      name: 'fires after so many messages',
      given: { mode: 'count', count: 3 },
      values: [1, 2, 3, 4, 5, 6],
      expected: ['none', 'none', 'fire', 'none', 'none', 'fire'],
    },
    {
      name: 'fires once below a limit, and again after it was above',
      given: { mode: 'threshold', operator: '<', limit: 5 },
      values: [6, 4, 3, 6, 4],
      expected: ['none', 'fire', 'none', 'none', 'fire'],
    },
    {
      name: 'fires after so many in a row',
      given: { mode: 'threshold', operator: '>=', limit: 5, forMessages: 3 },
      values: [5, 5, 4, 5, 5, 5, 5],
      expected: ['none', 'none', 'none', 'none', 'none', 'fire', 'none'],
    },
    {
      name: 'is quiet within the interval, and fires after it',
      given: { minIntervalMs: 2_500 },
      values: [1, 1, 1, 1],
      expected: ['fire', 'suppressed', 'suppressed', 'fire'],
    },
    {
      name: 'fires with the first message after the interval when it was due before',
      given: { mode: 'count', count: 2, minIntervalMs: 3_500 },
      values: [1, 1, 1, 1, 1, 1],
      expected: ['none', 'fire', 'none', 'suppressed', 'suppressed', 'fire'],
    },
  ] as const;
  for (const { name, given, values, expected } of cases) {
    it(name, () => assert.deepEqual(actions(given, values), expected));
  }

  const refusals = [
    {
      name: 'fires with the next message when its start was refused',
      given: { mode: 'count', count: 3 },
      values: [1, 1, 1, 1, 1, 1, 1],
      expected: ['none', 'none', 'refused', 'refused', 'fire', 'none', 'none'],
    },
    {
      name: 'stays armed while its starts are refused, and fires once then',
      given: { mode: 'threshold', operator: '<', limit: 5, forMessages: 2 },
      values: [4, 4, 4, 4, 4],
      expected: ['none', 'refused', 'refused', 'fire', 'none'],
    },
    {
      name: 'forgets what was refused when the condition is false again',
      given: { mode: 'threshold', operator: '<', limit: 5 },
      values: [4, 6, 6, 4],
      expected: ['refused', 'none', 'none', 'refused'],
    },
    {
      name: 'counts no interval from a start that was refused',
      given: { minIntervalMs: 60_000 },
      values: [1, 1, 1, 1],
      expected: ['refused', 'refused', 'fire', 'suppressed'],
    },
  ] as const;
  for (const { name, given, values, expected } of refusals) {
    it(name, () => {
      let state = initialTrigger;
      let refusedCount = 0;
      const seen = values.map((value, index) => {
        const decision = decideTrigger(rule(given), state, value, index * 1_000);
        const isRefused = decision.action === 'fire' && refusedCount < 2;
        if (isRefused) refusedCount += 1;
        state = isRefused && decision.action === 'fire' ? decision.ifRefused : decision.state;
        return isRefused ? 'refused' : decision.action;
      });
      assert.deepEqual(seen, expected);
    });
  }

  for (const value of [undefined, null, '5', Number.NaN, {}]) {
    it(`refuses ${JSON.stringify(value)} where a number is watched`, () => {
      assert.throws(
        () => decideTrigger(rule({ mode: 'threshold' }), initialTrigger, value, 0),
        (error: unknown) => ModelManagementError.is(error) && error.code === 'INVALID_INPUT',
      );
    });
  }
});
