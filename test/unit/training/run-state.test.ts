import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RunDocument } from '../../../lib/training/run/run-document';
import { mayBegin, planRun, type RunEvent, reduceRun } from '../../../lib/training/run/run-state';
import { finalStates, isFinal, runStates } from '../../../lib/training/run/run-states';
import { someRun } from '../../support/training-builders';

const error = { code: 'SCRIPT_FAILED', message: 'it failed', hint: 'mend it' };
const environment = { key: 'k', imageId: 'sha256:x', packages: [], cached: true };
const digest = `sha256:${'0'.repeat(64)}`;
const version = { model: 'iris', version: 2, digest } as NonNullable<RunDocument['version']>;

const good: readonly RunEvent[] = [
  { kind: 'begun' },
  { kind: 'prepared', base: null, queries: [] },
  { kind: 'installed', environment, logOffset: 7 },
  { kind: 'exited', exitCode: 0, oomKilled: false },
  { kind: 'collected', metrics: { accuracy: 1 }, version },
  { kind: 'promoted', promotion: { decision: 'manual', reason: '' } },
  { kind: 'settled' },
  { kind: 'cleaned' },
];
const all: readonly RunEvent[] = [
  ...good,
  { kind: 'empty', queries: [], reason: 'nothing new' },
  { kind: 'failed', error },
  { kind: 'lost', error },
  { kind: 'stop', why: 'cancel' },
  { kind: 'stop', why: 'timeout' },
];

describe('a run of an edge', () => {
  const begun = (): RunDocument => reduceRun(someRun({ edge: 'edge-2' }), { kind: 'begun' }, 0);

  it('is waited for a day longer than one here, in each of its states', () => {
    const limitsOf = (edge: string): readonly (number | null)[] => {
      let run = someRun({ edge });
      return good.slice(0, 4).map((event) => {
        run = reduceRun(run, event, 0);
        return run.deadlineAt;
      });
    };
    const day = 86_400_000;
    assert.deepEqual(
      limitsOf('edge-2'),
      limitsOf('local').map((limit) => (limit ?? 0) + day),
    );
  });

  it('is lost when that is over, and cancelled when it was cancelled', () => {
    const late = reduceRun(reduceRun(begun(), { kind: 'stop', why: 'timeout' }, 1), { kind: 'failed', error }, 2);
    assert.deepEqual([late.state, late.error?.code], ['lost', 'RUN_LOST']);
    const cancelled = reduceRun(reduceRun(begun(), { kind: 'stop', why: 'cancel' }, 1), { kind: 'failed', error }, 2);
    assert.equal(cancelled.state, 'cancelled');
  });

  it('has timed out when the edge says so', () => {
    const run = reduceRun(begun(), { kind: 'failed', error: { ...error, code: 'RUN_TIMEOUT' } }, 2);
    assert.equal(run.state, 'timed_out');
  });

  it('makes no version where it is carried out, and is put in order all the same', () => {
    let run = someRun();
    for (const event of good.slice(0, 4)) run = reduceRun(run, event, 0);
    run = reduceRun(run, { kind: 'collected', metrics: {}, version: null }, 0);
    assert.deepEqual([run.state, planRun(run).kind], ['succeeded', 'settle']);
  });
});

describe('the life of a run', () => {
  it('goes from queued to succeeded, one step planned after the other', () => {
    let run = someRun();
    const seen: string[] = [];
    for (const [index, event] of good.entries()) {
      seen.push(`${run.state} ${planRun(run).kind}`);
      run = reduceRun(run, event, 2_000 + index);
    }
    assert.deepEqual(seen, [
      'queued nothing',
      'preparing prepare',
      'installing install',
      'training train',
      'collecting collect',
      'succeeded promote',
      'succeeded settle',
      'succeeded clean',
    ]);
    assert.equal(planRun(run).kind, 'nothing');
    assert.equal(run.logOffset, 7);
    assert.deepEqual(
      run.phases.map(({ name, finishedAt }) => [name, finishedAt]),
      [
        ['queued', 2_000],
        ['preparing', 2_001],
        ['installing', 2_002],
        ['training', 2_003],
        ['collecting', 2_004],
      ],
    );
  });

  it('has a time limit in every state under way but queued', () => {
    let run = someRun();
    assert.equal(run.deadlineAt, null);
    for (const event of good.slice(0, 4)) {
      run = reduceRun(run, event, 5_000);
      assert.ok(run.deadlineAt !== null && run.deadlineAt > 5_000, run.state);
    }
  });

  const ends: readonly { readonly after: number; readonly stop?: 'cancel' | 'timeout'; readonly end: string }[] = [
    { after: 1, end: 'failed' },
    { after: 3, end: 'failed' },
    { after: 1, stop: 'cancel', end: 'cancelled' },
    { after: 3, stop: 'cancel', end: 'cancelled' },
    { after: 3, stop: 'timeout', end: 'timed_out' },
    { after: 4, stop: 'timeout', end: 'timed_out' },
  ];
  for (const { after, stop, end } of ends) {
    it(`a failure ${stop ? `after ${stop} ` : ''}in step ${after} ends it as ${end}`, () => {
      let run = good.slice(0, after).reduce((now, event) => reduceRun(now, event, 2_000), someRun());
      if (stop) run = reduceRun(run, { kind: 'stop', why: stop }, 2_100);
      run = reduceRun(run, { kind: 'failed', error }, 2_200);
      assert.equal(run.state, end);
      assert.equal(run.deadlineAt, null);
    });
  }

  it('a queued run is cancelled at once', () => {
    assert.equal(reduceRun(someRun(), { kind: 'stop', why: 'cancel' }, 2_000).state, 'cancelled');
  });

  it('a version that is there counts more than a stop', () => {
    let run = good.slice(0, 4).reduce((now, event) => reduceRun(now, event, 2_000), someRun());
    run = reduceRun(run, { kind: 'stop', why: 'cancel' }, 2_100);
    run = reduceRun(run, { kind: 'collected', metrics: {}, version }, 2_200);
    assert.equal(run.state, 'succeeded');
  });

  it('GIVEN_any_events_in_any_order_WHEN_reduced_THEN_it_never_leaves_an_end_and_the_same_event_twice_changes_nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 20 }), (events) => {
        let run = someRun();
        for (const [index, event] of events.entries()) {
          const next = reduceRun(run, event, 2_000 + index);
          assert.ok(runStates.includes(next.state));
          if (isFinal(run.state)) assert.equal(next.state, run.state);
          assert.equal(reduceRun(next, event, 9_000 + index), next);
          if (next.state === 'succeeded') assert.ok(next.version);
          if (isFinal(next.state))
            assert.ok(next.finishedAt !== null && next.phases.every(({ finishedAt }) => finishedAt));
          run = next;
        }
      }),
    );
  });

  it('every end is put in order', () => {
    for (const state of finalStates) {
      const run = someRun({ state, promotion: { decision: 'manual', reason: '' } });
      assert.equal(planRun(run).kind, 'settle');
      assert.equal(planRun({ ...run, settled: true }).kind, 'clean');
      assert.equal(planRun({ ...run, settled: true, cleaned: true }).kind, 'nothing');
      // As runs were written down before what comes of them had a step of its own.
      assert.equal(planRun({ ...run, cleaned: true }).kind, 'nothing');
    }
  });
});

describe('runs that may begin', () => {
  const queued = (id: string, jobId: string, createdAt: number, more: Partial<RunDocument> = {}): RunDocument =>
    someRun({ _id: id, jobId, createdAt, ...more });

  it('are the oldest first, as many as there is room for, one of each job', () => {
    const runs = [
      queued('b', 'job-2', 20),
      queued('a', 'job-1', 10),
      queued('c', 'job-1', 15),
      queued('d', 'job-3', 30),
    ];
    assert.deepEqual(
      mayBegin(runs, 2, 100).map(({ _id }) => _id),
      ['a', 'b'],
    );
  });

  it('wait for the one of their job that is under way, and for their time', () => {
    const runs = [
      queued('a', 'job-1', 10, { state: 'training' }),
      queued('b', 'job-1', 20),
      queued('c', 'job-2', 30, { notBefore: 200 }),
    ];
    assert.deepEqual(mayBegin(runs, 5, 100), []);
    assert.deepEqual(
      mayBegin(runs, 5, 200).map(({ _id }) => _id),
      ['c'],
    );
  });

  it('that any edge with a label may take begin on those that are free, and the others wait', () => {
    const anywhere = { edge: 'label:gpu' };
    const runs = [
      queued('x', 'job-0', 5, { edge: 'gpu-1', state: 'training' }),
      queued('a', 'job-1', 10, anywhere),
      queued('b', 'job-2', 20, { edge: 'GPU-3' }),
      queued('c', 'job-3', 30, anywhere),
      queued('d', 'job-4', 40, anywhere),
    ];
    const places = ['gpu-1', 'gpu-2', 'gpu-3', 'gpu-4'];
    const begun = mayBegin(runs, 2, 100, ({ edge }) => (edge === 'label:gpu' ? places : [edge]));
    assert.deepEqual(
      begun.map(({ _id, edge }) => `${_id} on ${edge}`),
      ['a on gpu-2', 'b on GPU-3', 'c on gpu-4'],
    );
    assert.deepEqual(
      mayBegin(runs.slice(1, 2), 2, 100, () => []),
      [],
    );
  });

  it('take no place of one another on different machines, and one at a time on each edge', () => {
    const runs = [
      queued('a', 'job-1', 10, { edge: 'edge-2' }),
      queued('b', 'job-2', 20, { edge: 'Edge-2' }),
      queued('c', 'job-3', 30, { edge: 'edge-3' }),
      queued('d', 'job-4', 40),
      queued('e', 'job-5', 50),
      queued('f', 'job-6', 60),
    ];
    assert.deepEqual(
      mayBegin(runs, 2, 100).map(({ _id }) => _id),
      ['a', 'c', 'd', 'e'],
    );
  });
});
