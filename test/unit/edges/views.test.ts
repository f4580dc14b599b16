import assert from 'node:assert/strict';
import { type EdgeFacts, isUnderWay } from '../../../lib/edges/hub/views';
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
