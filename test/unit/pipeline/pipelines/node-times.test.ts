import assert from 'node:assert/strict';
import { NodeTimes, nodeTimesLimits } from '../../../../lib/pipeline/pipelines/node-times';

describe('the times of the nodes of a pipeline', () => {
  let now = 0;
  beforeEach(() => {
    now = 10_000;
  });
  const times = (limits = {}) => new NodeTimes(() => now, { ...nodeTimesLimits, ...limits });

  it('are from taking a message to being done with it, run by run', () => {
    const some = times();
    some.received('a', 'm', 1);
    now += 10;
    some.received('b', 'm', 2);
    now += 10;
    some.completed('a', 'm', false);
    now += 80;
    some.completed('b', 'm', true);
    const [figures] = some.figures();
    assert.deepEqual([figures?.received, figures?.failed, figures?.isSampled], [2, 1, false]);
    assert.ok(Math.abs((figures?.p50Ms ?? 0) - 90) < 2 && Math.abs((figures?.p99Ms ?? 0) - 90) < 2);
  });

  it('are null while a node has never said that it is done', () => {
    const some = times();
    some.received('a', 'm', 1);
    assert.deepEqual([some.figures()[0]?.received, some.figures()[0]?.p50Ms], [1, null]);
    some.completed('unknown', 'm', false);
    some.completed('a', 'other', false);
    assert.deepEqual([some.figures().length, some.figures()[0]?.p50Ms], [1, null]);
  });

  it('are of some messages only when too many come in a second, which is said; all are counted', () => {
    const some = times({ timedPerSecond: 2 });
    for (const id of ['a', 'b', 'c']) some.received(id, 'm', id);
    assert.deepEqual([some.figures()[0]?.received, some.figures()[0]?.isSampled], [3, true]);
    now += 5;
    some.completed('c', 'm', false);
    assert.equal(some.figures()[0]?.p50Ms, null, 'the third was not timed');
    some.completed('a', 'm', false);
    assert.ok(some.figures()[0]?.p50Ms);
  });

  it('are told of so many runs a second', () => {
    const some = times({ runsPerSecond: 2 });
    assert.deepEqual([some.takesRun(), some.takesRun(), some.takesRun()], [true, true, false]);
    now += 1_000;
    assert.equal(some.takesRun(), true);
  });

  it('show a payload a second, and its beginning', () => {
    const some = times({ textLength: 5 });
    some.received('a', 'm', 'first and more');
    some.received('b', 'm', 'second');
    assert.deepEqual([some.figures()[0]?.text, some.figures()[0]?.isCut], ['"firs', true]);
    now += 1_000;
    some.received('c', 'm', [1]);
    assert.deepEqual([some.figures()[0]?.text, some.figures()[0]?.isCut], ['[1]', false]);
  });

  it('forget the oldest message of a node that never says that it is done', () => {
    const some = times({ open: 2 });
    for (const id of ['a', 'b', 'c']) some.received(id, 'm', 0);
    now += 50;
    some.completed('a', 'm', false);
    assert.equal(some.figures()[0]?.p50Ms, null);
    some.completed('c', 'm', false);
    assert.ok(some.figures()[0]?.p50Ms);
  });
});
