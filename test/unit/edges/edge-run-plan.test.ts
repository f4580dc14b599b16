import assert from 'node:assert/strict';
import { type EdgeRun, fenceKey } from '../../../lib/edges/agent/runs/edge-run-document';
import { ownRuns } from '../../../lib/edges/agent/runs/own-runs';
import { type EdgeRunSituation, planEdgeRuns } from '../../../lib/edges/agent/runs/plan-edge-runs';
import { reportEdgeRuns } from '../../../lib/edges/agent/runs/report-edge-runs';
import { ReportedRun } from '../../../lib/edges/protocol/run-documents';
import { aCarriedRun, aDesiredRun, anEdgeRun, anEndedEdgeRun } from '../../support/edge-run-builders';

const situation = (given: Partial<EdgeRunSituation>): EdgeRunSituation => ({
  desired: [],
  runs: [],
  spent: new Set(),
  ...given,
});

/** `kind id`, or `begin id.counter`. */
const planOf = (given: Partial<EdgeRunSituation>): readonly string[] =>
  planEdgeRuns(situation(given)).map((action) =>
    action.kind === 'begin'
      ? `begin ${action.desired.run}.${action.desired.fence.counter}`
      : `${action.kind} ${action.id}`,
  );

const unbegun = (end: EdgeRun['end']): EdgeRun => anEdgeRun('a', 1, { run: null, end });
const cancelled = { state: 'cancelled', error: null } as const;
const spentA = new Set([fenceKey('a', { epoch: 'epoch', counter: 1 })]);

describe('the plan of the runs of an edge', () => {
  const cases: readonly {
    readonly name: string;
    readonly given: Partial<EdgeRunSituation>;
    readonly plan: readonly string[];
  }[] = [
    { name: 'is nothing where nothing is wanted', given: {}, plan: [] },
    { name: 'begins what is wanted', given: { desired: [aDesiredRun('a')] }, plan: ['begin a.1'] },
    { name: 'begins one at a time', given: { desired: [aDesiredRun('a'), aDesiredRun('b')] }, plan: ['begin a.1'] },
    {
      name: 'lets the second wait while the first goes on',
      given: { desired: [aDesiredRun('a'), aDesiredRun('b')], runs: [anEdgeRun('a')] },
      plan: ['go a'],
    },
    {
      name: 'begins the second when the first is over, though the hub has not taken it yet',
      given: { desired: [aDesiredRun('a'), aDesiredRun('b')], runs: [anEndedEdgeRun('a')] },
      plan: ['begin b.1'],
    },
    {
      name: 'does nothing more for one that is over and waits for the hub',
      given: { desired: [aDesiredRun('a')], runs: [anEndedEdgeRun('a')] },
      plan: [],
    },
    {
      name: 'goes on putting one in order whose end is written down',
      given: { desired: [aDesiredRun('a')], runs: [anEndedEdgeRun('a', 1, { cleaned: false })] },
      plan: ['go a'],
    },
    {
      name: 'goes on fetching after a restart',
      given: { desired: [aDesiredRun('a')], runs: [unbegun(null)] },
      plan: ['go a'],
    },
    {
      name: 'cancels',
      given: { desired: [aDesiredRun('a', 1, { cancel: true })], runs: [anEdgeRun('a')] },
      plan: ['cancel a'],
    },
    {
      name: 'cancels while the files come',
      given: { desired: [aDesiredRun('a', 1, { cancel: true })], runs: [unbegun(null)] },
      plan: ['cancel a'],
    },
    {
      name: 'drives on what is being cancelled, also after a restart',
      given: {
        desired: [aDesiredRun('a', 1, { cancel: true })],
        runs: [anEdgeRun('a', 1, { run: aCarriedRun('a', { stop: 'cancel' }) })],
      },
      plan: ['go a'],
    },
    {
      name: 'never begins what is cancelled already',
      given: { desired: [aDesiredRun('a', 1, { cancel: true })] },
      plan: [],
    },
    { name: 'ends what is wanted no more', given: { runs: [anEdgeRun('a')] }, plan: ['drop a'] },
    { name: 'removes what is over and wanted no more', given: { runs: [anEndedEdgeRun('a')] }, plan: ['drop a'] },
    { name: 'removes what never began', given: { runs: [unbegun(cancelled)] }, plan: ['drop a'] },
    {
      name: 'ends a run whose fence is another one, and begins it anew only when nothing of it is left',
      given: { desired: [aDesiredRun('a', 2)], runs: [anEdgeRun('a', 1)] },
      plan: ['drop a'],
    },
    {
      name: 'does not begin one beside the remains of its last attempt',
      given: { desired: [aDesiredRun('a', 2)], runs: [anEndedEdgeRun('a', 1)] },
      plan: ['drop a'],
    },
    {
      name: 'begins no other while one that is wanted no more is on its way out',
      given: { desired: [aDesiredRun('b')], runs: [anEdgeRun('a')] },
      plan: ['drop a'],
    },
    {
      name: 'begins no fence twice in the life of the edge',
      given: { desired: [aDesiredRun('a')], spent: spentA },
      plan: [],
    },
    {
      name: 'begins another fence of a run that was here',
      given: { desired: [aDesiredRun('a', 2)], spent: spentA },
      plan: ['begin a.2'],
    },
    {
      name: 'goes on while nobody has said what is wanted',
      given: { desired: null, runs: [anEdgeRun('a')] },
      plan: ['go a'],
    },
    {
      name: 'keeps what is over while nobody has said what is wanted',
      given: { desired: null, runs: [anEndedEdgeRun('a')] },
      plan: [],
    },
  ];
  for (const { name, given, plan } of cases) it(name, () => assert.deepEqual(planOf(given), plan));
});

describe('the report of the runs of an edge', () => {
  const stateOf = (given: Partial<EdgeRunSituation>): readonly string[] =>
    reportEdgeRuns(situation(given), new Map([['a', 0.479]])).map((run) => {
      assert.deepEqual(ReportedRun.parse(run), run);
      const shown = run.outputs?.map(({ kind }) => kind) ?? [];
      return [run.run, run.state, run.progress, run.error?.code, ...shown].filter(Boolean).join(' ');
    });

  const cases: readonly {
    readonly name: string;
    readonly given: Partial<EdgeRunSituation>;
    readonly report: readonly string[];
  }[] = [
    { name: 'tells what waits for its turn', given: { desired: [aDesiredRun('a')] }, report: ['a queued'] },
    {
      name: 'tells how far the files are',
      given: { desired: [aDesiredRun('a')], runs: [unbegun(null)] },
      report: ['a queued 0.45'],
    },
    { name: 'tells the state', given: { desired: [aDesiredRun('a')], runs: [anEdgeRun('a')] }, report: ['a training'] },
    {
      name: 'tells the end with what there is to fetch',
      given: { desired: [aDesiredRun('a')], runs: [anEndedEdgeRun('a')] },
      report: ['a succeeded outputs'],
    },
    {
      name: 'tells no end before all is there that may be fetched',
      given: { desired: [aDesiredRun('a')], runs: [anEndedEdgeRun('a', 1, { settled: false })] },
      report: ['a collecting'],
    },
    {
      name: 'tells why one failed',
      given: {
        desired: [aDesiredRun('a')],
        runs: [unbegun({ state: 'failed', error: { code: 'STORAGE_FULL', message: 'm', hint: 'h' } })],
      },
      report: ['a failed STORAGE_FULL'],
    },
    {
      name: 'tells nothing of another fence',
      given: { desired: [aDesiredRun('a', 2)], runs: [anEdgeRun('a', 1)] },
      report: ['a queued'],
    },
    { name: 'tells nothing of what is wanted no more', given: { runs: [anEdgeRun('a')] }, report: [] },
    {
      name: 'tells that nothing is left of a fence',
      given: { desired: [aDesiredRun('a')], spent: spentA },
      report: ['a lost RUN_LOST'],
    },
    {
      name: 'tells what was cancelled before it came',
      given: { desired: [aDesiredRun('a', 1, { cancel: true })] },
      report: ['a cancelled'],
    },
  ];
  for (const { name, given, report } of cases) it(name, () => assert.deepEqual(stateOf(given), report));

  it('stays small with very many packages and very long errors', () => {
    const packages = Array.from({ length: 5_000 }, (_, n) => `package-${n}==1.0.0`);
    const environment = { key: 'k', imageId: 'i', packages, cached: false };
    const error = { code: 'SCRIPT_FAILED', message: 'x'.repeat(100_000), hint: 'y'.repeat(100_000) };
    const run = anEndedEdgeRun('a', 1, { state: 'failed', environment, error });
    const [told] = reportEdgeRuns(situation({ desired: [aDesiredRun('a')], runs: [run] }), new Map());
    assert.ok(Buffer.byteLength(JSON.stringify(told)) < 16_384);
    ReportedRun.parse(told);
  });
});

describe('the runs of an edge as it shows them itself', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const training = aCarriedRun('a', {
    phases: [
      { name: 'queued', startedAt: 0, finishedAt: 1 },
      { name: 'training', startedAt: Date.parse(at), finishedAt: null },
    ],
  });
  const cases: readonly (readonly [string, Partial<EdgeRunSituation>, readonly object[]])[] = [
    [
      'one that trains, and one that waits for it',
      { desired: [aDesiredRun('a'), aDesiredRun('b')], runs: [anEdgeRun('a', 1, { run: training })] },
      [
        { id: 'a', job: 'job', state: 'training', since: at },
        { id: 'b', job: 'job', state: 'queued', since: null },
      ],
    ],
    [
      'one whose files come',
      { desired: [aDesiredRun('a')], runs: [unbegun(null)] },
      [{ id: 'a', job: 'job', state: 'queued', since: null, progress: 0.5 }],
    ],
    ['none that is over', { desired: [aDesiredRun('a')], runs: [anEndedEdgeRun('a')] }, []],
    ['none that is to be cancelled before it began', { desired: [aDesiredRun('a', 1, { cancel: true })] }, []],
    [
      'one that goes on while the hub has said nothing',
      { desired: null, runs: [anEdgeRun('a', 1, { run: training })] },
      [{ id: 'a', job: 'job', state: 'training', since: at }],
    ],
  ];
  for (const [what, given, expected] of cases) {
    it(`are ${what}`, () => assert.deepEqual(ownRuns(situation(given), new Map([['a', 0.5]])), expected));
  }
});
