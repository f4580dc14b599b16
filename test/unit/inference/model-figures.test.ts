import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { ActivityLog } from '../../../lib/inference/processes/activity-log';
import { ModelFigures } from '../../../lib/inference/processes/model-figures';
import { ModelHistory } from '../../../lib/inference/processes/model-history';

const MINUTE_MS = 60_000;
const idle = { queue: 0, memoryBytes: null };
const error = (code: 'ABORTED' | 'TIMEOUT' | 'QUEUE_FULL' | 'ENGINE_TIMEOUT') => new ModelManagementError(code, '', '');

function begun(nowMs = 0) {
  const history = new ModelHistory();
  return { history, figures: new ModelFigures(history, nowMs) };
}

describe('ModelFigures', () => {
  it('counts requests by how they end; one that its caller gave up is no error', () => {
    const { figures } = begun();
    for (let count = 0; count < 5; count++) figures.begin();
    figures.answered(4, 2, 1);
    for (const code of ['ABORTED', 'TIMEOUT', 'ENGINE_TIMEOUT', 'TIMEOUT'] as const) figures.failed(error(code));
    assert.equal(figures.refused(error('QUEUE_FULL')).code, 'QUEUE_FULL');
    const { requests, answered, errors, errorCodes, timeouts, latencySumMs } = figures.read();
    assert.deepEqual([requests, answered, errors, timeouts, latencySumMs], [6, 1, 4, 3, 4]);
    assert.deepEqual(errorCodes, { TIMEOUT: 2, ENGINE_TIMEOUT: 1, QUEUE_FULL: 1 });
  });

  it('tells the batch size per call of the runtime, not per request', () => {
    const { figures } = begun();
    assert.deepEqual([figures.read().batchMean, figures.read().batchMax], [null, null]);
    for (let count = 0; count < 9; count++) figures.answered(1, 1, 9);
    figures.answered(1, 1, 1);
    const { batchMean, batchMax, runMs } = figures.read();
    assert.ok(Math.abs((batchMean ?? 0) - 5) < 1e-9);
    assert.deepEqual([batchMax, runMs], [9, 1]);
  });

  it('forgets in its recent figures what is older than two minutes, and keeps the totals', () => {
    const { figures } = begun();
    figures.answered(100, 1, 1);
    figures.sample(MINUTE_MS, idle);
    figures.answered(1, 1, 1);
    assert.equal(Math.round(figures.read().p99Ms ?? 0), 99, 'the bucket of 100 ms');
    figures.sample(2 * MINUTE_MS, idle);
    assert.equal(Math.round(figures.read().p99Ms ?? 0), 1);
    figures.sample(3 * MINUTE_MS, idle);
    assert.deepEqual([figures.read().p99Ms, figures.read().answered], [null, 2]);
  });

  it('writes what came since the last sample, minute by minute and in full', () => {
    const { figures, history } = begun();
    for (let atMs = 2_000; atMs <= 2 * MINUTE_MS; atMs += 2_000) {
      figures.begin();
      figures.answered(1, 1, 1);
      if (atMs === MINUTE_MS) figures.restarted();
      figures.sample(atMs, { queue: 3, memoryBytes: 1_000 });
    }
    const fine = history.read(1, 2 * MINUTE_MS);
    assert.deepEqual([fine.at.length, fine.at[0], fine.at.at(-1)], [30, 62_000, 120_000]);
    assert.deepEqual(new Set(fine.requests), new Set([1]));
    assert.deepEqual([fine.spanMs[0], fine.queue[0], fine.memoryBytes[0]], [2_000, 3, 1_000]);
    const coarse = history.read(60, 2 * MINUTE_MS);
    assert.deepEqual(coarse.at, [60_000, 120_000]);
    assert.deepEqual(
      [coarse.requests, coarse.restarts, coarse.spanMs],
      [
        [30, 30],
        [1, 0],
        [60_000, 60_000],
      ],
    );
  });

  it('keeps five minutes in full and three hours by the minute, however long it runs', () => {
    const { figures, history } = begun();
    const endMs = 5 * 60 * MINUTE_MS;
    for (let atMs = 2_000; atMs <= endMs; atMs += 2_000) figures.sample(atMs, idle);
    assert.equal(history.read(5, endMs).at.length, 150);
    assert.equal(history.read(180, endMs).at.length, 180);
  });

  it('tells no rate over a span in which the clock was set back', () => {
    const { figures, history } = begun(10_000);
    figures.sample(5_000, idle);
    assert.deepEqual(history.read(5, 5_000).spanMs, [null]);
  });

  it('writes nothing after its end', () => {
    const { figures, history } = begun();
    figures.end(1_000);
    figures.end(2_000);
    figures.sample(3_000, idle);
    assert.deepEqual(history.read(5, 3_000).at, [1_000]);
  });
});

describe('ActivityLog', () => {
  const versionsAt = (log: ActivityLog, nowMs: number) =>
    log.read('iris', 180, nowMs).map(({ version, isLoaded }) => [version, isLoaded]);

  it('tells the newest version first, and goes on with the history of one that is loaded again', () => {
    const log = new ActivityLog();
    const first = log.open({ model: 'iris', version: 1 }, 0);
    first.begin();
    first.end(1_000);
    log.open({ model: 'iris', version: 2 }, 0);
    log.open({ model: 'other', version: 9 }, 0);
    assert.deepEqual(versionsAt(log, 1_000), [
      [2, true],
      [1, false],
    ]);
    log.open({ model: 'iris', version: 1 }, 2_000).sample(4_000, idle);
    assert.deepEqual(log.read('iris', 5, 4_000)[1]?.columns.requests, [1, 0]);
  });

  it('forgets a version three hours after it was unloaded, one that is loaded never', () => {
    const log = new ActivityLog();
    log.open({ model: 'iris', version: 1 }, 0).end(0);
    log.open({ model: 'iris', version: 2 }, 0).sample(0, idle);
    assert.equal(versionsAt(log, 180 * MINUTE_MS).length, 2);
    assert.deepEqual(versionsAt(log, 180 * MINUTE_MS + 1), [[2, true]]);
  });

  it('keeps 64 histories, those of loaded versions first', () => {
    const log = new ActivityLog();
    log.open({ model: 'iris', version: 1 }, 0);
    for (let version = 2; version <= 100; version++) log.open({ model: 'iris', version }, 0).end(0);
    const versions = log.read('iris', 5, 0).map(({ version }) => version);
    assert.deepEqual([versions.length, versions[0], versions.at(-1)], [64, 100, 1]);
  });

  it('keeps no history of a file', () => {
    const log = new ActivityLog();
    log.open({ model: 'a.onnx', version: null }, 0).sample(1, idle);
    assert.deepEqual(log.read('a.onnx', 5, 1), []);
  });
});
