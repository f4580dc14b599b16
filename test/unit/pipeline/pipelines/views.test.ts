import assert from 'node:assert/strict';
import { findPipelines } from '../../../../lib/pipeline/pipelines/pipelines';
import type { PipelineSurroundings } from '../../../../lib/pipeline/pipelines/problems';
import { RunTracker, trackerLimits } from '../../../../lib/pipeline/pipelines/run-tracker';
import { toPipelineView } from '../../../../lib/pipeline/pipelines/views';
import { aNode, aTab } from '../../../support/flow-entries';

const whole = [
  aTab('t'),
  aNode('in', 'm', { type: 'mqtt in', topic: 'read' }),
  aNode('m', 'l', { type: 'onnx-model', source: 'registry', model: 'iris' }),
  aNode('l', 'out', { type: 'pipelib', library: 'pipelib_a' }),
  aNode('out', '', { type: 'mqtt out', topic: 'write' }),
];
const fine: PipelineSurroundings = {
  hasModel: () => true,
  hasLibrary: () => true,
  othersOn: () => [],
  flowsFault: undefined,
};

const viewOf = (entries = whole, around: Partial<PipelineSurroundings> = {}, tracker = new RunTracker(), since = 0) => {
  const [pipeline] = findPipelines(entries);
  assert.ok(pipeline);
  const { counters, last, lastFailed, lastRunAt } = tracker;
  return toPipelineView({ pipeline, since, counters, last, lastFailed, lastRunAt }, { ...fine, ...around });
};
const codes = (view: ReturnType<typeof viewOf>) => view.problems.map(({ code, node }) => [code, node]);
const replaced = (id: string, more: object) => whole.map((entry) => (entry.id === id ? { ...entry, ...more } : entry));

describe('what is told of a pipeline', () => {
  it('is that it listens, without problems, as long as nothing came', () => {
    const view = viewOf();
    assert.deepEqual([view.state, view.problems, view.lastRunAt], ['listening', [], null]);
  });

  it('is that it is idle while it is stopped, whatever is missing', () => {
    const view = viewOf(replaced('t', { disabled: true }), { hasModel: () => false, flowsFault: 'x' });
    assert.equal(view.state, 'idle');
  });

  it('is what is missing, with its node', () => {
    const view = viewOf(whole, { hasModel: () => false, hasLibrary: () => false });
    assert.deepEqual(codes(view), [
      ['MODEL_MISSING', 'm'],
      ['LIBRARY_MISSING', 'l'],
    ]);
    assert.deepEqual([view.state, view.error?.code, view.error?.node], ['failed_initializing', 'MODEL_MISSING', 'm']);
  });

  it('is that no flow runs', () => {
    const view = viewOf(whole, { flowsFault: 'No flow runs.' });
    assert.deepEqual([view.state, view.error?.code], ['failed_initializing', 'FLOWS_NOT_RUNNING']);
  });

  it('is what will surprise: no way in or out, one that leads nowhere, a topic that is shared', () => {
    const without = (id: string) => whole.filter((entry) => entry.id !== id);
    assert.deepEqual(codes(viewOf(without('in'))), [['NO_INBOUND', undefined]]);
    assert.deepEqual(codes(viewOf(without('out'))), [['NO_OUTBOUND', undefined]]);
    assert.deepEqual(codes(viewOf(replaced('in', { wires: [] }))), [['NOT_CONNECTED', 'in']]);
    const shared = viewOf(whole, { othersOn: (topic) => (topic === 'read' ? ['Other'] : []) });
    assert.deepEqual(codes(shared), [['INBOUND_SHARED', 'in']]);
    assert.equal(shared.state, 'listening');
  });

  it('is how the last run ended, since when, and at which node it failed', () => {
    const tracker = new RunTracker();
    tracker.received('a', 'out', 1_000);
    tracker.completed('a', 'out', { isOutbound: true }, 1_001);
    tracker.expire(1_001 + trackerLimits.quietMs);
    assert.deepEqual(
      [viewOf(whole, {}, tracker).state, viewOf(whole, {}, tracker).since],
      ['succeeded', new Date(1_001).toISOString()],
    );
    assert.equal(viewOf(whole, {}, tracker, 5_000).state, 'listening', 'it was started anew since');
    tracker.received('b', 'm', 2_000);
    tracker.completed('b', 'm', { isOutbound: false, error: { message: 'no number', code: 'INVALID_INPUT' } }, 2_001);
    tracker.expire(2_001 + trackerLimits.quietMs);
    const failed = viewOf(whole, {}, tracker);
    assert.deepEqual(
      [failed.state, failed.failedAt, failed.error],
      ['failed', 'm', { code: 'INVALID_INPUT', message: 'no number', node: 'm', runId: 'b' }],
    );
  });
});
