import assert from 'node:assert/strict';
import { type EdgeFacts, isUnderWay, toEdgeModel } from '../../../lib/edges/hub/views';
import { RunRequestEvent } from '../../../lib/edges/protocol/run-requests';

describe('edges that have more to say', () => {
  const facts = (report: object): EdgeFacts =>
    ({
      edge: { key: { id: 'key', enrolledAt: 0 } },
      said: { report: { models: [], ...report }, marks: { boots: [{ online: true }], changedAt: 0 } },
      isConflict: false,
      isTaken: true,
      isGone: () => false,
    }) as unknown as EdgeFacts;

  const cases: readonly [what: string, facts: EdgeFacts, expected: boolean][] = [
    ['nothing of theirs', facts({}), false],
    ['a run', facts({ runs: [{ run: 'r', state: 'training' }] }), true],
    ['rows for the hub', facts({ rows: [{ collection: 'a' }] }), true],
    ['a model that is downloaded', facts({ models: [{ name: 'm', state: 'downloading' }] }), true],
    ['a model that runs', facts({ models: [{ name: 'm', state: 'running' }] }), false],
  ];
  for (const [what, given, expected] of cases) {
    it(`with ${what}: ${expected}`, () => assert.equal(isUnderWay(given), expected));
  }
});

describe('models of an edge', () => {
  const assigned = { model: 'm', ref: 2, version: 2 } as never;
  const error = { code: 'INVALID_MODEL', message: 'no' };
  const full = { code: 'STORAGE_FULL', message: 'no room' };
  const shown = (
    has: { isTaken: boolean; hasKey: boolean; refused?: { reason: string; message?: string } },
    report: object | null,
  ): object => {
    const edge = { key: has.hasKey ? { id: 'key', enrolledAt: 0 } : null, revoked: { at: 0 } };
    const lastReport = report && { models: [{ name: 'm', ...report }], refused: has.refused };
    const facts = { edge, said: undefined, lastReport, isConflict: false, isTaken: has.isTaken, isGone: () => false };
    const { name: _, desired: __, ...rest } = toEdgeModel(facts as unknown as EdgeFacts, assigned);
    return rest;
  };
  const heard = { hasKey: true, isTaken: true };
  const behind = { hasKey: true, isTaken: false };
  const unkept = { ...behind, refused: { reason: full.code, message: full.message } };
  const rubbish = { ...behind, refused: { reason: 'bad-signature' } };
  const revoked = { hasKey: false, isTaken: false };
  const downloading = { version: 1, state: 'downloading', progress: 0.5 };
  for (const [what, has, report, expected] of [
    [
      'that has taken what is wanted: its word',
      heard,
      downloading,
      { reported: 1, state: 'downloading', progress: 0.5 },
    ],
    [
      'that has not taken it yet: what answers there',
      behind,
      { version: 2, state: 'running' },
      { reported: 2, state: 'pending' },
    ],
    [
      'whose disk does not take it: why',
      unkept,
      { version: 1, state: 'running' },
      { reported: 1, state: 'pending', error: full },
    ],
    [
      'that took it in the end',
      { ...unkept, isTaken: true },
      { version: 2, state: 'running' },
      { reported: 2, state: 'running' },
    ],
    ['that was sent rubbish by somebody', rubbish, { version: 1, state: 'running' }, { reported: 1, state: 'pending' }],
    ['that never told', heard, null, { reported: null, state: 'pending' }],
    [
      'without a key that ran it: as of then',
      revoked,
      { version: 2, state: 'running' },
      { reported: 2, state: 'running' },
    ],
    ['without a key that ran another', revoked, { version: 1, state: 'running' }, { reported: 1, state: 'pending' }],
    ['without a key that was fetching it', revoked, downloading, { reported: 1, state: 'pending' }],
    [
      'without a key that had failed',
      revoked,
      { version: 1, state: 'failed', error },
      { reported: 1, state: 'failed', error },
    ],
    ['without a key that never told', revoked, null, { reported: null, state: 'pending' }],
  ] as const) {
    it(what, () => assert.deepEqual(shown(has, report), expected));
  }
});

describe('requests of nodes for runs', () => {
  const node = 'aaaaaaaaaaaaaaaa';
  const cases: readonly [node: string, isValid: boolean][] = [
    [node, true],
    ['1a2b3c4d.5e6f78', true],
    [Array.from({ length: 8 }, () => node).join('-'), true],
    ['a/b', false],
    ['', false],
    ['a'.repeat(257), false],
  ];
  for (const [id, isValid] of cases) {
    it(`of ${id.slice(0, 40)} (${id.length}) are ${isValid ? 'taken' : 'refused'}`, () => {
      const event = { type: 'request-run', at: 1, id: 'request-1', job: 'job', node: id };
      assert.equal(RunRequestEvent.safeParse(event).success, isValid);
    });
  }
});
