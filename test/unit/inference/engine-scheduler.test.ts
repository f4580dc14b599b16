import assert from 'node:assert/strict';
import { FrameScheduler } from '../../../lib/inference/processes/frame-scheduler';
import type { PendingRequest } from '../../../lib/inference/processes/pending-request';

function aRequest(id: number, bytes = 16): PendingRequest {
  const settle = (): void => undefined;
  return { item: { id, fetches: [], tensors: [] }, bytes, deathCount: 0, isAbandoned: false, settle };
}

const idsOf = (frames: readonly (readonly PendingRequest[])[]): number[][] =>
  frames.map((frame) => frame.map(({ item }) => item.id));

function filled(count: number, bytes?: number): FrameScheduler {
  const scheduler = new FrameScheduler();
  for (let id = 1; id <= count; id++) scheduler.add(aRequest(id, bytes));
  return scheduler;
}

describe('FrameScheduler', () => {
  it('lets requests leave in the order they came, one in each frame', () => {
    assert.deepEqual(idsOf(filled(3).take()), [[1], [2], [3]]);
  });

  it('keeps at most 64 frames in the child and refills by the answers', () => {
    const scheduler = filled(70);
    assert.equal(scheduler.take().length, 64);
    assert.deepEqual(scheduler.take(), []);
    scheduler.answered(7);
    scheduler.answered(8);
    assert.deepEqual(idsOf(scheduler.take()), [[65], [66]]);
  });

  it('sends no further frame while 16 MiB are in the child, yet always one', () => {
    const scheduler = filled(3, 20 * 1024 * 1024);
    assert.deepEqual(idsOf(scheduler.take()), [[1]]);
    assert.deepEqual(idsOf(scheduler.take()), []);
    scheduler.answered(1);
    assert.deepEqual(idsOf(scheduler.take()), [[2]]);
  });

  it('runs those that were in a dead child one by one before all others', () => {
    const scheduler = filled(2);
    scheduler.take();
    scheduler.add(aRequest(3));
    scheduler.add(aRequest(4));
    for (const request of scheduler.takeLost()) scheduler.suspect(request);
    const rounds: number[][][] = [];
    for (const answered of [1, 2, 3]) {
      rounds.push(idsOf(scheduler.take()), idsOf(scheduler.take()));
      scheduler.answered(answered);
    }
    assert.deepEqual(rounds, [[[1]], [], [[2]], [], [[3], [4]], []]);
  });

  it('forgets what is given up while it waits, and does not run again what was given up in the child', () => {
    const scheduler = filled(2);
    const abandoned = aRequest(9);
    scheduler.abandon(1);
    scheduler.add(abandoned);
    assert.deepEqual(idsOf(scheduler.take()), [[2], [9]]);
    abandoned.isAbandoned = true;
    scheduler.abandon(9);
    assert.equal(scheduler.inFlightCount, 2);
    assert.deepEqual(idsOf([scheduler.takeLost()]), [[2]]);
  });

  it('hands everything back once, oldest first', () => {
    const scheduler = filled(3);
    scheduler.take();
    for (const request of scheduler.takeLost()) scheduler.suspect(request);
    scheduler.add(aRequest(4));
    scheduler.take();
    assert.deepEqual(idsOf([scheduler.takeAll()]), [[1, 2, 3, 4]]);
    assert.equal(scheduler.count, 0);
  });
});
