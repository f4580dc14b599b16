import assert from 'node:assert/strict';
import { expectedFailures, surprises } from './expected-failures';

describe('the list of expected failures', () => {
  const expected = {
    reasons: new Map([
      ['a', 'known'],
      ['b', 'by chance'],
    ]),
    mayPass: new Set(['b']),
  };

  for (const { name, results, found } of [
    { name: 'accepts what it says', results: { a: 'bad', b: 'bad', c: undefined }, found: [] },
    { name: 'accepts both from chance', results: { a: 'bad', b: undefined }, found: [] },
    { name: 'reports a new failure', results: { c: 'bad' }, found: ['new failure: c: bad'] },
    { name: 'reports an unexpected pass', results: { a: undefined }, found: ['unexpected pass: a (listed: known)'] },
  ]) {
    it(name, () => assert.deepEqual(surprises(expected, new Map(Object.entries(results))), found));
  }

  it('holds no case twice and gives a reason for each, on every Node we support', () => {
    for (const [runtime, count] of [
      ['native', 79],
      ['wasm', 71],
    ] as const) {
      for (const nodeMajor of [22, 24]) {
        const { reasons, mayPass } = expectedFailures(runtime, nodeMajor);
        assert.equal(reasons.size, count);
        assert.ok(mayPass.size < reasons.size);
      }
    }
  });
});
