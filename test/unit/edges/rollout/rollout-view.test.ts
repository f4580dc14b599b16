import assert from 'node:assert/strict';
import type { EdgeNow, RolloutFacts } from '../../../../lib/edges/hub/rollout/plan-rollout';
import { toRolloutView } from '../../../../lib/edges/hub/rollout/rollout-view';
import { aRollout, type RolloutRow, SOAK_MS } from '../../../support/rollout-builders';

const well: EdgeNow = { createdAt: 0, isOnline: true, ref: 2, reported: 2, state: 'running' };
const pending: EdgeNow = { ...well, reported: 1, state: 'pending' };

const factsOf = (rows: readonly RolloutRow[], watchedSinceMs = 0): RolloutFacts => ({
  edges: new Map(rows.flatMap(([name, , , now = {}]) => (now === 'gone' ? [] : [[name, { ...well, ...now }]]))),
  hasVersion: true,
  watchedSinceMs,
});

const view = (rows: readonly RolloutRow[], fields: Record<string, unknown> = {}, watchedSinceMs = 0) =>
  toRolloutView(aRollout(rows, fields), factsOf(rows, watchedSinceMs));

describe('what is shown of a rollout', () => {
  const cases: readonly { readonly name: string; readonly row: RolloutRow; readonly shown: object }[] = [
    { name: 'runs it', row: ['a', 0, 'assigned', well], shown: { state: 'running' } },
    {
      name: 'fetches it',
      row: ['a', 0, 'assigned', { ...pending, progress: 0.4 }],
      shown: { state: 'pending', progress: 0.4 },
    },
    {
      name: 'tries again after a line that broke',
      row: ['a', 0, 'assigned', { ...pending, error: 'no answer' }],
      shown: { state: 'pending', error: 'no answer' },
    },
    {
      name: 'failed',
      row: ['a', 0, 'assigned', { ...pending, state: 'failed', error: 'out of memory' }],
      shown: { state: 'failed', error: 'out of memory' },
    },
    { name: 'was changed since', row: ['a', 0, 'assigned', { ref: 3 }], shown: { state: 'left', reason: 'changed' } },
    { name: 'is gone', row: ['a', 0, 'assigned', 'gone'], shown: { state: 'left', reason: 'deleted' } },
    { name: 'has back what it had', row: ['a', 0, 'restored', { ref: 3 }], shown: { state: 'restored' } },
  ];
  for (const { name, row, shown } of cases) {
    it(`of an edge that ${name}`, () =>
      assert.deepEqual(view([row], { state: { status: 'succeeded' } }).edges, [
        { name: 'a', wave: 1, ...shown, before: 1 },
      ]));
  }

  it('counts the edges of each state, and the waves', () => {
    const { counts, waveCount, openWaves } = view([
      ['a', 0, 'assigned', well],
      ['b', 0, 'assigned', { isOnline: false }],
      ['c', 1, 'waiting', { ref: 1 }],
      ['d', 1, 'waiting', { ref: 1 }],
    ]);
    assert.deepEqual([counts, openWaves, waveCount], [{ running: 1, offline: 1, waiting: 2 }, 1, 2]);
  });

  const soaking = { state: { status: 'running', soakingSince: 5_000 } };
  for (const { name, fields, watchedSinceMs, at } of [
    { name: 'after the soak', fields: soaking, watchedSinceMs: 0, at: 5_000 + SOAK_MS },
    { name: 'after the soak since edges are heard', fields: soaking, watchedSinceMs: 7_000, at: 7_000 + SOAK_MS },
    { name: 'at a time that nobody knows while edges are at it', fields: {}, watchedSinceMs: 0, at: undefined },
    {
      name: 'never once it is stopped',
      fields: { state: { status: 'stopped', reason: 'failures' } },
      watchedSinceMs: 0,
      at: undefined,
    },
  ]) {
    it(`opens the next wave ${name}`, () => {
      const { nextWaveAt } = view([['a', 0, 'assigned', well]], fields, watchedSinceMs);
      assert.equal(nextWaveAt && Date.parse(nextWaveAt), at);
    });
  }
});
