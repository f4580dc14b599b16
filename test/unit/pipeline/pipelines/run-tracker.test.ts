import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RunTracker, trackerLimits } from '../../../../lib/pipeline/pipelines/run-tracker';

const done = { isOutbound: false };
const published = { isOutbound: true };
const failed = { isOutbound: false, error: { message: 'no number', code: 'INVALID_INPUT' } };
const { quietMs, longestMs } = trackerLimits;

describe('the runs of a pipeline', () => {
  it('succeed when a result has left, and end a second after the last event', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'model', 0);
    tracker.completed('r', 'model', done, 10);
    tracker.received('r', 'out', 11);
    tracker.completed('r', 'out', published, 12);
    assert.equal(tracker.expire(12 + quietMs - 1), 0);
    assert.equal(tracker.find('r')?.state, 'running');
    tracker.expire(12 + quietMs);
    const run = tracker.last;
    assert.deepEqual([run?.state, run?.startedAt, run?.finishedAt, run?.deliveries], ['succeeded', 0, 12, 2]);
    assert.deepEqual(tracker.counters, { runs: 1, failed: 0, noOutput: 0, dropped: 0 });
  });

  it('fail when any node erred, also when a result came of it', () => {
    const tracker = new RunTracker();
    for (const node of ['a', 'b', 'out']) tracker.received('r', node, 0);
    tracker.completed('r', 'a', failed, 1);
    tracker.completed('r', 'b', { isOutbound: false, error: { message: 'later' } }, 2);
    tracker.completed('r', 'out', published, 3);
    assert.equal(tracker.expire(3 + quietMs), 1);
    const run = tracker.last;
    assert.deepEqual([run?.state, run?.error], ['failed', { node: 'a', message: 'no number', code: 'INVALID_INPUT' }]);
  });

  it('have no output when nothing left', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'a', 0);
    tracker.completed('r', 'a', done, 1);
    tracker.expire(1 + quietMs);
    assert.equal(tracker.last?.state, 'no_output');
    assert.equal(tracker.counters.noOutput, 1);
  });

  it('wait for what waits in a join, but not for ever', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'join', 0);
    assert.equal(tracker.expire(longestMs - 1), 0);
    assert.deepEqual(tracker.find('r')?.waitingIn, ['join']);
    tracker.expire(longestMs);
    assert.equal(tracker.last?.state, 'no_output');
    tracker.completed('r', 'join', done, longestMs + 1);
    tracker.completed('unknown', 'join', failed, longestMs + 1);
    assert.deepEqual(
      tracker.runs().map(({ state }) => state),
      ['no_output'],
      'what comes too late begins nothing',
    );
  });

  it('come to what a node comes to that took more than a minute, and count once', () => {
    const tracker = new RunTracker();
    tracker.received('bad', 'slow', 0);
    tracker.received('good', 'slow', 0);
    tracker.expire(longestMs);
    assert.deepEqual(tracker.counters, { runs: 2, failed: 0, noOutput: 2, dropped: 0 });
    tracker.completed('bad', 'slow', failed, longestMs + 5);
    tracker.received('good', 'out', longestMs + 5);
    tracker.completed('good', 'out', published, longestMs + 6);
    tracker.expire(2 * longestMs);
    assert.deepEqual(tracker.counters, { runs: 2, failed: 1, noOutput: 0, dropped: 0 });
    assert.deepEqual([tracker.find('good')?.startedAt, tracker.find('good')?.state], [0, 'succeeded']);
  });

  it('can be looked at after they failed, however many follow', () => {
    const tracker = new RunTracker({ ...trackerLimits, keptRuns: 4, keptApart: 2 });
    for (const id of ['f1', 'f2', 'f3']) {
      tracker.received(id, 'a', 0);
      tracker.completed(id, 'a', failed, 0);
    }
    tracker.expire(quietMs);
    for (let index = 0; index < 10; index++) {
      tracker.received(`r${index}`, 'out', quietMs);
      tracker.completed(`r${index}`, 'out', published, quietMs);
    }
    tracker.expire(2 * quietMs);
    for (let index = 0; index < 10; index++) tracker.received(`open${index}`, 'out', 2 * quietMs);
    assert.deepEqual(
      tracker.runs().map(({ id }) => id),
      ['open9', 'open8', 'f3', 'f2'],
    );
    assert.deepEqual([tracker.find('f3')?.state, tracker.find('f1')], ['failed', undefined]);
  });

  it('can be looked at for longer when they are timed', () => {
    const tracker = new RunTracker({ ...trackerLimits, keptRuns: 4, keptApart: 2 });
    const one = (id: string): boolean => {
      const isNew = tracker.received(id, 'a', 0);
      tracker.completed(id, 'a', published, 0);
      return isNew;
    };
    assert.deepEqual([one('timed 1'), one('timed 1')], [true, false]);
    tracker.time('unknown');
    for (const id of ['timed 1', 'timed 2', 'timed 3']) {
      one(id);
      tracker.time(id);
    }
    for (let index = 0; index < 10; index += 1) one(`r${index}`);
    tracker.expire(quietMs);
    assert.deepEqual(
      tracker.runs().map(({ id }) => id),
      ['r9', 'r8', 'timed 3', 'timed 2'],
    );
    assert.deepEqual([tracker.find('timed 1'), tracker.find('timed 2')?.state], [undefined, 'succeeded']);
  });

  it('of a test are there at once, kept apart, and those that were dry count for nothing', () => {
    const tracker = new RunTracker({ ...trackerLimits, keptRuns: 1 });
    tracker.begin('dry', 0, true);
    assert.deepEqual([tracker.find('dry')?.state, tracker.find('dry')?.isDry], ['running', true]);
    tracker.received('dry', 'a', 0);
    tracker.completed('dry', 'a', failed, 0);
    tracker.begin('real', 0, false);
    tracker.expire(quietMs);
    tracker.received('another', 'a', quietMs);
    tracker.restart();
    assert.deepEqual([tracker.find('dry')?.state, tracker.find('real')?.state], ['failed', 'no_output']);
    assert.deepEqual(tracker.counters, { runs: 2, failed: 0, noOutput: 2, dropped: 0 });
    assert.deepEqual([tracker.lastFailed, tracker.last?.id], [undefined, 'another']);
  });

  it('do not wait for a node that never says that it is done', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'old', 0, false);
    tracker.received('r', 'out', 1);
    tracker.completed('r', 'out', published, 2);
    tracker.expire(2 + quietMs);
    assert.equal(tracker.last?.state, 'succeeded');
  });

  it('fail by an error that ends nothing, and the first one counts', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'a', 0);
    tracker.failed('r', { node: 'a', message: 'told beside' }, 0);
    tracker.completed('r', 'a', failed, 1);
    tracker.failed('unknown', { node: 'a', message: 'x' }, 0);
    tracker.expire(1 + quietMs);
    assert.deepEqual(tracker.last?.error, { node: 'a', message: 'told beside' });
    assert.equal(tracker.counters.failed, 1);
  });

  it('tell which of them a node most probably works on', () => {
    const tracker = new RunTracker();
    tracker.received('first', 'a', 0);
    tracker.received('second', 'a', 0);
    tracker.received('third', 'b', 0);
    assert.deepEqual([tracker.newestAt('a'), tracker.newestAt('nobody')], ['second', undefined]);
    tracker.completed('second', 'a', done, 1);
    assert.equal(tracker.newestAt('a'), 'first');
    tracker.received('fourth', 'old', 1, false);
    assert.equal(tracker.newestAt('old'), 'fourth');
    tracker.expire(1 + quietMs);
    assert.equal(tracker.newestAt('old'), undefined, 'that run is over');
  });

  it('do not hide behind a later success', () => {
    const tracker = new RunTracker();
    tracker.received('bad', 'a', 0);
    tracker.completed('bad', 'a', failed, 1);
    tracker.received('good', 'out', 2);
    tracker.completed('good', 'out', published, 3);
    tracker.expire(3 + quietMs);
    assert.deepEqual([tracker.last?.id, tracker.lastFailed?.id, tracker.counters.failed], ['good', 'bad', 1]);
  });

  it('are over when all nodes start anew', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'join', 0);
    tracker.restart();
    assert.deepEqual([tracker.find('r')?.state, tracker.counters.noOutput], ['no_output', 1]);
  });

  it('are bounded: of too many at a time the oldest is given up, and counted', () => {
    const tracker = new RunTracker({ ...trackerLimits, openRuns: 2, keptRuns: 3 });
    for (const [index, id] of ['a', 'b', 'c'].entries()) tracker.received(id, 'join', index);
    assert.deepEqual([tracker.find('a'), tracker.counters.dropped], [undefined, 1]);
    const quick = new RunTracker({ ...trackerLimits, openRuns: 2 });
    for (const id of ['a', 'b', 'c']) {
      quick.received(id, 'out', 0);
      quick.completed(id, 'out', published, 0);
    }
    assert.deepEqual([quick.find('a')?.state, quick.counters.dropped], ['succeeded', 0], 'nothing waits: it is over');
    for (let n = 0; n < 10; n += 1) {
      tracker.received(`r${n}`, 'x', 100 * n);
      tracker.expire(1e9);
    }
    assert.equal(tracker.runs().length, 3);
  });

  it('are accounted for, each once, whatever comes in whatever order', () => {
    const event = fc.record({
      kind: fc.constantFrom('received', 'completed', 'failed', 'published', 'told', 'expire', 'restart'),
      run: fc.constantFrom('a', 'b', 'c', 'd'),
      node: fc.constantFrom('x', 'y'),
      afterMs: fc.nat({ max: 2_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const tracker = new RunTracker({ ...trackerLimits, openRuns: 3, keptRuns: 1_000 });
        let now = 0;
        for (const { kind, run, node, afterMs } of events) {
          now += afterMs;
          if (kind === 'received') tracker.received(run, node, now);
          else if (kind === 'expire') tracker.expire(now);
          else if (kind === 'told') tracker.failed(run, { node, message: 'x' }, now);
          else if (kind === 'restart') tracker.restart();
          else tracker.completed(run, node, kind === 'failed' ? failed : kind === 'published' ? published : done, now);
        }
        tracker.restart();
        const { runs, failed: failedCount, noOutput, dropped } = tracker.counters;
        const states = tracker.runs().map(({ state }) => state);
        assert.equal(states.length, runs - dropped);
        assert.equal(states.filter((state) => state === 'failed').length, failedCount);
        assert.equal(states.filter((state) => state === 'no_output').length, noOutput);
        assert.ok(!states.includes('running'));
      }),
    );
  });

  it('are told newest first, those under way before those that ended, as many as are kept', () => {
    const tracker = new RunTracker({ ...trackerLimits, keptRuns: 4 });
    for (let n = 0; n < 10; n += 1) {
      tracker.received(`${n}`, 'x', n);
      if (n === 3 || n === 8) continue;
      tracker.completed(`${n}`, 'x', done, n);
    }
    assert.equal(tracker.expire(quietMs + 9), 8);
    assert.deepEqual(
      tracker.runs().map(({ id, state }) => [id, state]),
      [
        ['8', 'running'],
        ['3', 'running'],
        ['9', 'no_output'],
        ['7', 'no_output'],
      ],
    );
    assert.deepEqual(
      ['3', '5', '6', '9', '4'].map((id) => tracker.find(id)?.id),
      ['3', '5', '6', '9', undefined],
    );
  });

  it('wait in as many nodes as have their messages, in whatever order these are done', () => {
    const nodes = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        nodes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all))),
        ([all, ready]) => {
          const tracker = new RunTracker();
          for (const node of all) tracker.received('r', node, 0);
          const left = [...all];
          for (const node of ready) {
            tracker.completed('r', node, done, 1);
            left.splice(left.indexOf(node), 1);
          }
          assert.deepEqual([...(tracker.find('r')?.waitingIn ?? [])].sort(), [...new Set(left)].sort());
          assert.equal(tracker.expire(1 + quietMs), left.length === 0 ? 1 : 0);
        },
      ),
    );
  });
});
