import assert from 'node:assert/strict';
import {
  onEdgeLook,
  pendingRun,
  summaryOf,
} from '../../../plugins/model-management/editor/pipelines/on-edges/edge-summary';
import type {
  PipelineEdgeView,
  ReportedPipelineView,
} from '../../../plugins/model-management/editor/pipelines/on-edges/on-edges-client';

type Status = NonNullable<ReportedPipelineView['status']>;

const aStatus = (state: Status['state']): Status => ({
  state,
  since: '2026-01-01T00:00:00.000Z',
  counters: { runs: 0, failed: 0, noOutput: 0, dropped: 0 },
  lastRunAt: null,
});

const aReport = (wish: Partial<ReportedPipelineView> = {}): ReportedPipelineView => ({
  revision: 1,
  state: 'deployed',
  ...wish,
});

const onEdge = (name: string, wish: Partial<PipelineEdgeView> = {}): PipelineEdgeView => ({
  name,
  state: 'online',
  revision: 2,
  previousRevision: 1,
  running: true,
  reported: aReport(),
  ...wish,
});

describe('how a pipeline stands on an edge', () => {
  for (const { name, reported, look } of [
    { name: 'deployed', reported: {}, look: 'settled' },
    { name: 'its last run succeeded', reported: { status: aStatus('succeeded') }, look: 'settled' },
    { name: 'its last run failed', reported: { status: aStatus('failed') }, look: 'failed' },
    { name: 'it cannot run', reported: { status: aStatus('failed_initializing') }, look: 'failed' },
    { name: 'it was not taken', reported: { state: 'failed', changed: true }, look: 'failed' },
    { name: 'somebody changed it', reported: { changed: true }, look: 'changed' },
    { name: 'it waits', reported: { state: 'pending' }, look: 'working' },
    { name: 'it is fetched', reported: { state: 'downloading' }, look: 'working' },
  ] as const) {
    it(name, () => assert.equal(onEdgeLook(aReport(reported)), look));
  }

  it('is counted over all edges', () =>
    assert.deepEqual(
      summaryOf([
        onEdge('a', { reported: aReport({ state: 'failed' }) }),
        onEdge('b', { reported: aReport({ changed: true }) }),
        onEdge('c', { reported: aReport({ state: 'pending' }) }),
        onEdge('d'),
      ]),
      { count: 4, failed: 1, changed: 1, working: 1 },
    ));

  for (const { running, state, pending } of [
    { running: true, state: 'idle', pending: 'start' },
    { running: false, state: 'listening', pending: 'stop' },
    { running: true, state: 'listening', pending: undefined },
    { running: false, state: 'idle', pending: undefined },
    { running: false, state: undefined, pending: undefined },
  ] as const) {
    it(`${state ?? 'unknown'}, wanted ${running ? 'started' : 'stopped'}: ${pending ?? 'nothing'} is still to come`, () =>
      assert.equal(
        pendingRun({ running, reported: aReport(state === undefined ? {} : { status: aStatus(state) }) }),
        pending,
      ));
  }
});
