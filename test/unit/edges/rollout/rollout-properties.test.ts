import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SOAK_MS } from '../../../support/rollout-builders';
import { RolloutWorld } from '../../../support/rollout-world';

describe('a rollout in any world', () => {
  const size = fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  );
  const stop = fc.oneof(
    fc.record({ maxFailed: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ maxFailedPercent: fc.integer({ min: 0, max: 100 }) }),
  );
  const index = fc.nat(11);
  const event = fc.oneof(
    // Written are the document, then the assignments; a crash leaves the first so many.
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('look' as const), crashAfter: fc.option(fc.nat(4), { freq: 1 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(SOAK_MS) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('converge' as const), index, isGood: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('converge-all' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('toggle' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('by-hand' as const),
        index,
        ref: fc.constantFrom(1, 2, 3, null, 'deployed'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('act' as const),
        action: fc.constantFrom('pause' as const, 'resume' as const),
      }),
    },
  );
  const world = fc.record({
    befores: fc.array(fc.constantFrom(1, 2, 'deployed', null), { minLength: 1, maxLength: 12 }),
    waves: fc.array(size, { maxLength: 3 }),
    stop,
    events: fc.array(event, { maxLength: 60, size: 'max' }),
  });

  it('exposes no further wave before those before it are well, and none after it is to stop', () => {
    const seen = { later: 0, succeeded: 0, stopped: 0 };
    fc.assert(
      fc.property(world, ({ befores, waves, stop: criteria, events }) => {
        const rollout = new RolloutWorld(befores, waves, criteria, SOAK_MS);
        for (const one of events) {
          rollout.play(one);
          rollout.check();
        }
        const { openWaves, state } = rollout.document;
        if (openWaves > 1) seen.later += 1;
        if (state.status === 'succeeded') seen.succeeded += 1;
        if (state.status === 'stopped') seen.stopped += 1;
      }),
      { numRuns: 1_000 },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what} only ${count} times`);
  });

  it('rolled back, it has given each edge exactly what that had, wherever it was killed', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(fc.nat(4), { maxLength: 8 }),
        ({ befores, waves, stop: criteria, events }, crashes) => {
          const rollout = new RolloutWorld(befores, waves, criteria, SOAK_MS);
          for (const one of events) rollout.play(one);
          rollout.rollBack(crashes);
          assert.equal(rollout.document.state.status, 'rolled_back');
          rollout.checkRestored();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
