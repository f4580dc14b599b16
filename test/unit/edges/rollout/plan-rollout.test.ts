import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type EdgeNow, planRollout, type RolloutFacts } from '../../../../lib/edges/hub/rollout/plan-rollout';
import { actOnRollout } from '../../../../lib/edges/hub/rollout/rollout-actions';
import { RolloutDocument } from '../../../../lib/edges/hub/rollout/rollout-document';
import { withCode } from '../../../support/registry-lab';
import { RolloutWorld } from '../../../support/rollout-world';

const NOW = 1_000_000;
const SOAK_MS = 1_000;

type Phase = RolloutDocument['edges'][number]['phase'];
/** An edge by its name, wave, phase, and what is known of it. */
type Row = readonly [name: string, wave: number, phase: Phase, now?: Partial<EdgeNow> | 'gone'];

const waiting: Partial<EdgeNow> = { ref: 1, reported: 1, state: 'running' };
const pending: Partial<EdgeNow> = { ref: 2, reported: 1, state: 'pending' };
const well: Partial<EdgeNow> = { ref: 2, reported: 2, state: 'running' };
const failed: Partial<EdgeNow> = { ref: 2, reported: 1, state: 'failed' };
const offline = (now: Partial<EdgeNow>): Partial<EdgeNow> => ({ ...now, isOnline: false });

function aRollout(rows: readonly Row[], fields: Record<string, unknown> = {}): RolloutDocument {
  return RolloutDocument.parse({
    _id: 'r',
    model: 'iris',
    version: 2,
    createdAt: 0,
    selection: { labels: ['line-1'] },
    waves: [],
    soakMs: SOAK_MS,
    stop: { maxFailed: 0 },
    edges: rows.map(([name, wave, phase]) => ({
      name,
      createdAt: 0,
      wave,
      before: { ref: 1, version: 1 },
      ...(phase === 'left' ? { phase, reason: 'changed' } : { phase }),
    })),
    openWaves: 1,
    state: { status: 'running', soakingSince: null },
    audit: [],
    ...fields,
  });
}

const factsOf = (rows: readonly Row[], fields: Partial<RolloutFacts> = {}): RolloutFacts => ({
  edges: new Map(
    rows.flatMap(([name, , , now = {}]) =>
      now === 'gone' ? [] : [[name, { createdAt: 0, isOnline: true, ...(waiting as EdgeNow), ...now }]],
    ),
  ),
  hasVersion: true,
  watchedSinceMs: 0,
  ...fields,
});

const soaked = { state: { status: 'running', soakingSince: NOW - SOAK_MS } };
const soaking = { state: { status: 'running', soakingSince: NOW - SOAK_MS + 1 } };

/** What a plan comes to, as one text: state, phases, writes. */
function told(rows: readonly Row[], fields: Record<string, unknown> = {}, facts: Partial<RolloutFacts> = {}): string {
  const { rollout, writes } = planRollout(aRollout(rows, fields), factsOf(rows, facts), NOW);
  const { state } = rollout;
  const reason = state.status === 'stopped' ? ` (${state.reason})` : '';
  const edges = rollout.edges.map((edge) => `${edge.name} ${edge.phase === 'left' ? edge.reason : edge.phase}`);
  const made = writes.map(({ edge, from, to }) => `${edge}:${from}→${to?.ref ?? null}`);
  return [`${state.status}${reason}`, ...edges, ...made].join(', ');
}

describe('what a rollout does next', () => {
  const cases: readonly {
    readonly name: string;
    readonly rows: readonly Row[];
    readonly fields?: Record<string, unknown>;
    readonly facts?: Partial<RolloutFacts>;
    readonly does: string;
  }[] = [
    {
      name: 'opens the first wave at once',
      rows: [
        ['a', 0, 'waiting'],
        ['b', 1, 'waiting'],
      ],
      fields: { openWaves: 0 },
      does: 'running, a assigning, b waiting, a:1→2',
    },
    {
      name: 'writes again what a crash left unwritten, and takes in what was written',
      rows: [
        ['a', 0, 'assigning', waiting],
        ['b', 0, 'assigning', pending],
      ],
      does: 'running, a assigning, b assigned, a:1→2',
    },
    {
      name: 'waits for an edge that is at it',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 0, 'assigned', pending],
        ['c', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b assigned, c waiting',
    },
    {
      name: 'lets a wave soak',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'waiting'],
      ],
      fields: soaking,
      does: 'running, a assigned, b waiting',
    },
    {
      name: 'opens the next wave when it has soaked',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b assigning, b:1→2',
    },
    {
      name: 'counts no time in which nobody listened',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'waiting'],
      ],
      fields: soaked,
      facts: { watchedSinceMs: NOW - SOAK_MS + 1 },
      does: 'running, a assigned, b waiting',
    },
    {
      name: 'does not wait for edges that are offline',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 0, 'assigned', offline(pending)],
        ['c', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b assigned, c assigning, c:1→2',
    },
    {
      name: 'goes nowhere while no edge shows that the version runs',
      rows: [
        ['a', 0, 'assigned', offline(pending)],
        ['b', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b waiting',
    },
    {
      name: 'takes no word of an edge that went away as shown',
      rows: [
        ['a', 0, 'assigned', offline(well)],
        ['b', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b waiting',
    },
    {
      name: 'stops when more fail than may',
      rows: [
        ['a', 0, 'assigned', failed],
        ['b', 1, 'waiting'],
      ],
      does: 'stopped (failures), a assigned, b waiting',
    },
    {
      name: 'stops for an edge that failed and went away',
      rows: [
        ['a', 0, 'assigned', offline(failed)],
        ['b', 1, 'waiting'],
      ],
      does: 'stopped (failures), a assigned, b waiting',
    },
    {
      name: 'goes on with as many failures as may be',
      rows: [
        ['a', 0, 'assigned', failed],
        ['b', 0, 'assigned', well],
        ['c', 1, 'waiting'],
      ],
      fields: { ...soaked, stop: { maxFailed: 1 } },
      does: 'running, a assigned, b assigned, c assigning, c:1→2',
    },
    {
      name: 'takes a percentage of the edges that were assigned',
      rows: [
        ['a', 0, 'assigned', failed],
        ['b', 0, 'assigned', well],
        ['c', 1, 'waiting'],
        ['d', 1, 'waiting'],
      ],
      fields: { stop: { maxFailedPercent: 49 } },
      does: 'stopped (failures), a assigned, b assigned, c waiting, d waiting',
    },
    {
      name: 'takes a percentage as the most that may be',
      rows: [
        ['a', 0, 'assigned', failed],
        ['b', 0, 'assigned', well],
        ['c', 1, 'waiting'],
      ],
      fields: { ...soaked, stop: { maxFailedPercent: 50 } },
      does: 'running, a assigned, b assigned, c assigning, c:1→2',
    },
    {
      name: 'leaves an edge alone that was changed by hand, before and after its turn',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 0, 'assigned', { ...well, ref: 'deployed' }],
        ['c', 1, 'waiting', { ref: 3 }],
        ['d', 1, 'waiting'],
      ],
      fields: soaked,
      does: 'running, a assigned, b changed, c changed, d assigning, d:1→2',
    },
    {
      name: 'leaves an edge alone that was put back by hand, though a crash looks alike',
      rows: [
        ['a', 0, 'assigned', waiting],
        ['b', 0, 'assigned', well],
        ['c', 1, 'waiting'],
      ],
      does: 'running, a changed, b assigned, c waiting',
    },
    {
      name: 'leaves deleted edges alone, and another one of the same name',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'waiting', 'gone'],
        ['c', 1, 'waiting', { createdAt: 5 }],
      ],
      fields: soaked,
      does: 'running, a assigned, b deleted, c deleted',
    },
    {
      name: 'stops when nobody is left to show anything',
      rows: [
        ['a', 0, 'assigned', { ref: 3 }],
        ['b', 1, 'waiting'],
      ],
      does: 'stopped (nothing-left), a changed, b waiting',
    },
    {
      name: 'stops when the version is deleted',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'waiting'],
      ],
      facts: { hasVersion: false },
      does: 'stopped (version-gone), a assigned, b waiting',
    },
    {
      name: 'is over when the last wave is well, whoever is offline',
      rows: [
        ['a', 0, 'assigned', well],
        ['b', 1, 'assigned', offline(pending)],
      ],
      fields: { openWaves: 2 },
      does: 'succeeded, a assigned, b assigned',
    },
    {
      name: 'does nothing while it is paused',
      rows: [['a', 0, 'assigning', waiting]],
      fields: { state: { status: 'paused' } },
      does: 'paused, a assigning',
    },
    {
      name: 'gives back what each had, but for what others changed or what is back already',
      rows: [
        ['a', 0, 'restoring', well],
        ['b', 0, 'restoring', waiting],
        ['c', 0, 'restoring', { ref: 3 }],
        ['d', 1, 'waiting'],
      ],
      fields: { state: { status: 'rolling_back' } },
      does: 'rolling_back, a restoring, b restored, c changed, d waiting, a:2→1',
    },
    {
      name: 'is rolled back when all have it',
      rows: [
        ['a', 0, 'restoring', waiting],
        ['b', 1, 'waiting'],
      ],
      fields: { state: { status: 'rolling_back' } },
      does: 'rolled_back, a restored, b waiting',
    },
  ];
  for (const { name, rows, fields, facts, does } of cases) {
    it(name, () => assert.equal(told(rows, fields, facts), does));
  }

  it('says when to look again, and keeps the same document while nothing changes', () => {
    const rows: Row[] = [
      ['a', 0, 'assigned', well],
      ['b', 1, 'waiting'],
    ];
    const first = planRollout(aRollout(rows), factsOf(rows), NOW);
    assert.deepEqual(first.rollout.state, { status: 'running', soakingSince: NOW });
    assert.equal(first.wakeAt, NOW + SOAK_MS);
    const second = planRollout(first.rollout, factsOf(rows), NOW + 1);
    assert.equal(second.rollout, first.rollout);
    assert.equal(second.wakeAt, NOW + SOAK_MS);
  });

  it('lets a wave soak anew when nobody runs the version any more', () => {
    const rows: Row[] = [
      ['a', 0, 'assigned', pending],
      ['b', 1, 'waiting'],
    ];
    const { rollout } = planRollout(aRollout(rows, soaked), factsOf(rows), NOW);
    assert.deepEqual(rollout.state, { status: 'running', soakingSince: null });
  });

  it('tells what it did and why in its audit trail', () => {
    const rows: Row[] = [
      ['a', 0, 'assigned', well],
      ['b', 1, 'waiting', { ref: 3 }],
      ['c', 1, 'waiting'],
    ];
    const { rollout } = planRollout(aRollout(rows, soaked), factsOf(rows), NOW);
    assert.deepEqual(rollout.audit, [
      { at: NOW, user: null, action: 'edge-left', edge: 'b', reason: 'changed' },
      { at: NOW, user: null, action: 'wave-opened', wave: 2 },
    ]);
  });
});

describe('what a person does to a rollout', () => {
  const states = {
    running: { status: 'running', soakingSince: null },
    paused: { status: 'paused' },
    stopped: { status: 'stopped', reason: 'failures' },
    succeeded: { status: 'succeeded' },
    rolling_back: { status: 'rolling_back' },
    rolled_back: { status: 'rolled_back' },
  } as const;
  const no = 'ROLLOUT_STATE';
  const table = {
    //        running         paused          stopped         succeeded       rolling_back    rolled_back
    pause: ['paused', 'paused', no, no, no, no],
    resume: ['running', 'running', no, no, no, no],
    stop: ['stopped', 'stopped', 'stopped', no, no, no],
    rollback: ['rolling_back', 'rolling_back', 'rolling_back', 'rolling_back', 'rolling_back', 'rolled_back'],
  } as const;
  for (const action of ['pause', 'resume', 'stop', 'rollback'] as const) {
    for (const [index, [from, state]] of Object.entries(states).entries()) {
      const to = table[action][index];
      it(`${action} of one that is ${from}: ${to}`, () => {
        const rollout = aRollout([['a', 0, 'assigned']], { state });
        const act = () => actOnRollout(rollout, action, 'ann', NOW);
        if (to === no) return assert.throws(act, withCode(no, { status: from }));
        const changed = act();
        assert.equal(changed.state.status, to);
        assert.equal(changed === rollout, to === from || (action === 'rollback' && from.startsWith('roll')));
        if (changed !== rollout) assert.equal(changed.audit.at(-1)?.user, 'ann');
      });
    }
  }

  it('resuming lets the edges soak anew; rolling back touches none that waits or is left alone', () => {
    const rows: Row[] = [
      ['a', 0, 'assigned'],
      ['b', 0, 'assigning'],
      ['c', 0, 'left'],
      ['d', 1, 'waiting'],
    ];
    const rollout = aRollout(rows, { state: states.paused });
    assert.deepEqual(actOnRollout(rollout, 'resume', null, NOW).state, states.running);
    assert.deepEqual(
      actOnRollout(rollout, 'rollback', null, NOW).edges.map(({ phase }) => phase),
      ['restoring', 'restoring', 'left', 'waiting'],
    );
  });
});

describe('a rollout in any world', () => {
  const size = fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  );
  const stop = fc.oneof(
    fc.record({ maxFailed: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ maxFailedPercent: fc.integer({ min: 0, max: 100 }) }),
  );
  const index = fc.nat(11);
  const event = fc.oneof(
    // Written are the document, then the assignments; a crash leaves the first so many.
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('look' as const), crashAfter: fc.option(fc.nat(4), { freq: 1 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(SOAK_MS) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('converge' as const), index, isGood: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('converge-all' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('toggle' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('by-hand' as const),
        index,
        ref: fc.constantFrom(1, 2, 3, null, 'deployed'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('act' as const),
        action: fc.constantFrom('pause' as const, 'resume' as const),
      }),
    },
  );
  const world = fc.record({
    befores: fc.array(fc.constantFrom(1, 2, 'deployed', null), { minLength: 1, maxLength: 12 }),
    waves: fc.array(size, { maxLength: 3 }),
    stop,
    events: fc.array(event, { maxLength: 60, size: 'max' }),
  });

  it('exposes no further wave before those before it are well, and none after it is to stop', () => {
    const seen = { later: 0, succeeded: 0, stopped: 0 };
    fc.assert(
      fc.property(world, ({ befores, waves, stop: criteria, events }) => {
        const rollout = new RolloutWorld(befores, waves, criteria, SOAK_MS);
        for (const one of events) {
          rollout.play(one);
          rollout.check();
        }
        const { openWaves, state } = rollout.document;
        if (openWaves > 1) seen.later += 1;
        if (state.status === 'succeeded') seen.succeeded += 1;
        if (state.status === 'stopped') seen.stopped += 1;
      }),
      { numRuns: 1_000 },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what} only ${count} times`);
  });

  it('rolled back, it has given each edge exactly what that had, wherever it was killed', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(fc.nat(4), { maxLength: 8 }),
        ({ befores, waves, stop: criteria, events }, crashes) => {
          const rollout = new RolloutWorld(befores, waves, criteria, SOAK_MS);
          for (const one of events) rollout.play(one);
          rollout.rollBack(crashes);
          assert.equal(rollout.document.state.status, 'rolled_back');
          rollout.checkRestored();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
