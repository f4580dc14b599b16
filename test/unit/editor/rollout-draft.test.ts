import assert from 'node:assert/strict';
import { parseRolloutRequest } from '../../../lib/edges/hub/rollout/new-rollout';
import type { EdgeView } from '../../../plugins/model-management/editor/edges/edge-client';
import { actionsFor } from '../../../plugins/model-management/editor/rollouts/rollout-actions';
import type { RolloutSummary } from '../../../plugins/model-management/editor/rollouts/rollout-client';
import {
  followerCount,
  labelsOf,
  newRolloutDraft,
  type RolloutDraft,
  rolloutBody,
  selectedEdges,
  waveCounts,
} from '../../../plugins/model-management/editor/rollouts/rollout-draft';
import { waitsForEdge } from '../../../plugins/model-management/editor/rollouts/rollout-words';

const edge = (name: string, ...labels: readonly string[]): EdgeView => ({
  name,
  labels,
  state: 'online',
  since: '2026-01-01T00:00:00Z',
  capabilities: null,
  models: [],
  pipelines: [],
  clockSkewMs: null,
});

const edges = [edge('a', 'line-1', 'press'), edge('b', 'line-1'), edge('C', 'line-2'), edge('d')];
const draft = (fields: Partial<RolloutDraft> = {}): RolloutDraft => ({ ...newRolloutDraft(2, edges), ...fields });
const namesOf = (fields: Partial<RolloutDraft>): readonly string[] =>
  selectedEdges(draft(fields), edges).map(({ name }) => name);

describe('a rollout as it is filled in', () => {
  it('counts the edges of each label', () =>
    assert.deepEqual(labelsOf(edges), [
      { label: 'line-1', count: 2 },
      { label: 'line-2', count: 1 },
      { label: 'press', count: 1 },
    ]));

  it('goes by labels where there are any, else by names', () =>
    assert.deepEqual([newRolloutDraft(2, edges).by, newRolloutDraft(2, [edge('d')]).by], ['labels', 'names']));

  for (const { fields, names } of [
    { fields: {}, names: [] },
    { fields: { labels: ['line-1'] }, names: ['a', 'b'] },
    { fields: { labels: ['line-1', 'press'] }, names: ['a'] },
    { fields: { labels: ['line-1', 'line-2'] }, names: [] },
    { fields: { by: 'names' as const, labels: ['line-1'], names: ['d', 'C', 'gone'] }, names: ['C', 'd'] },
  ]) {
    it(`of ${JSON.stringify(fields)} goes to ${names.join(' and ') || 'nobody'}`, () =>
      assert.deepEqual(namesOf(fields), names));
  }

  for (const { waves, count, sizes } of [
    { waves: [[1, 'count']], count: 1, sizes: [1] },
    { waves: [[1, 'count']], count: 12, sizes: [1, 11] },
    {
      waves: [
        [1, 'count'],
        [25, 'percent'],
      ],
      count: 12,
      sizes: [1, 3, 8],
    },
    { waves: [], count: 12, sizes: [12] },
    { waves: [[1, 'count']], count: 0, sizes: [] },
  ] as const) {
    it(`of ${count} edges in ${JSON.stringify(waves)} and the rest comes in ${sizes.join(', ') || 'no wave'}`, () => {
      const drafts = waves.map(([size, unit], id) => ({ id, size, unit }));
      assert.deepEqual(waveCounts({ waves: drafts }, count), sizes);
    });
  }

  it('is what the hub takes, with its defaults', () => {
    const body = rolloutBody(draft({ labels: ['line-1'] }));
    assert.deepEqual(parseRolloutRequest(body), body);
    assert.deepEqual(body, parseRolloutRequest({ version: 2, labels: ['line-1'], waves: [{ count: 1 }] }));
  });

  it('is what the hub takes, by names, with shares and other bounds', () => {
    const body = rolloutBody(
      draft({
        by: 'names',
        names: ['a'],
        waves: [{ id: 4, size: 12.5, unit: 'percent' }],
        soakMinutes: 0.5,
        stop: { size: 10, unit: 'percent' },
      }),
    );
    assert.deepEqual(body, {
      version: 2,
      edges: ['a'],
      waves: [{ percent: 12.5 }],
      soakMs: 30_000,
      stop: { maxFailedPercent: 10 },
    });
    assert.deepEqual(parseRolloutRequest(body), body);
  });

  it('says how many edges will follow their alias no more', () => {
    const reported = { version: 1, state: 'running' as const };
    const assigned = [
      { name: 'a', version: 'deployed', reported },
      { name: 'c', version: 'latest', reported },
      { name: 'b', version: 1, reported },
    ];
    assert.equal(followerCount({ edges: assigned }, edges), 2);
  });
});

describe('what a rollout can be told', () => {
  const exposed = { running: 1, waiting: 2 };
  for (const [state, counts, actions] of [
    ['running', exposed, ['pause', 'stop', 'rollback']],
    ['running', { waiting: 3 }, ['pause', 'stop']],
    ['paused', exposed, ['resume', 'stop', 'rollback']],
    ['stopped', { failed: 1 }, ['rollback']],
    ['succeeded', { offline: 1 }, ['rollback']],
    ['succeeded', { left: 3 }, []],
    ['rolling_back', { restoring: 1 }, []],
    ['rolled_back', { restored: 1 }, []],
  ] as const satisfies readonly (readonly [RolloutSummary['state'], RolloutSummary['counts'], readonly string[]])[]) {
    it(`${state} with ${JSON.stringify(counts)}: ${actions.join(', ') || 'nothing'}`, () =>
      assert.deepEqual(actionsFor({ state, counts }), actions));
  }
});

describe('a rollout that waits for an edge', () => {
  for (const [state, counts, waits] of [
    ['running', { offline: 2, waiting: 3 }, true],
    ['running', { offline: 1, running: 1 }, false],
    ['running', { offline: 1, failed: 1 }, false],
    ['running', { waiting: 3 }, false],
    ['paused', { offline: 2 }, false],
  ] as const) {
    it(`${state} with ${JSON.stringify(counts)}: ${waits}`, () => assert.equal(waitsForEdge({ state, counts }), waits));
  }
});
