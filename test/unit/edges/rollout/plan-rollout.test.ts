import assert from 'node:assert/strict';
import { type EdgeNow, planRollout, type RolloutFacts } from '../../../../lib/edges/hub/rollout/plan-rollout';
import { aRollout, type RolloutRow as Row, SOAK_MS } from '../../../support/rollout-builders';

const NOW = 1_000_000;

const waiting: EdgeNow = { createdAt: 0, isOnline: true, ref: 1, reported: 1, state: 'running' };
const pending: Partial<EdgeNow> = { ref: 2, reported: 1, state: 'pending' };
const well: Partial<EdgeNow> = { ref: 2, reported: 2, state: 'running' };
const failed: Partial<EdgeNow> = { ref: 2, reported: 1, state: 'failed' };
const offline = (now: Partial<EdgeNow>): Partial<EdgeNow> => ({ ...now, isOnline: false });

const factsOf = (rows: readonly Row[], fields: Partial<RolloutFacts> = {}): RolloutFacts => ({
  edges: new Map(rows.flatMap(([name, , , now = {}]) => (now === 'gone' ? [] : [[name, { ...waiting, ...now }]]))),
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
