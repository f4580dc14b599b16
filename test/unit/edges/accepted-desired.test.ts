import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptDesired } from '../../../lib/edges/agent/accepted-desired';
import { seal } from '../../../lib/edges/protocol/envelope';
import { temporarySigningKey } from '../../../lib/edges/protocol/keys';
import { aDesiredDocument, aTarget, theHubKey, theIdentity } from '../../support/edge-builders';

const models = [aTarget('iris', 3)];
const sealed = (fields: Record<string, unknown> = {}, key = theHubKey): Buffer =>
  seal('desired', aDesiredDocument(models, fields), key);

describe('what an edge accepts', () => {
  const last = { epoch: 2, revision: 5 };
  for (const { name, envelope, expected } of [
    { name: 'a later revision', envelope: sealed({ epoch: 2, revision: 6 }), expected: 'desired' },
    {
      name: 'a later epoch with an earlier revision',
      envelope: sealed({ epoch: 3, revision: 1 }),
      expected: 'desired',
    },
    { name: 'the same again', envelope: sealed({ epoch: 2, revision: 5 }), expected: 'stale' },
    { name: 'an earlier revision', envelope: sealed({ epoch: 2, revision: 4 }), expected: 'stale' },
    { name: 'an earlier epoch with a later revision', envelope: sealed({ epoch: 1, revision: 99 }), expected: 'stale' },
    { name: 'one for another edge', envelope: sealed({ epoch: 3, edge: 'edge-3' }), expected: 'wrong-recipient' },
    { name: 'one from another hub', envelope: sealed({ epoch: 3, hubId: 'hub-2' }), expected: 'wrong-recipient' },
    {
      name: 'one for a key it had before',
      envelope: sealed({ epoch: 3, edgeKeyId: temporarySigningKey().publicKey.id }),
      expected: 'wrong-recipient',
    },
    {
      name: 'one signed by a stranger',
      envelope: sealed({ epoch: 3 }, temporarySigningKey()),
      expected: 'unknown-key',
    },
    { name: 'one of another version of the protocol', envelope: sealed({ epoch: 3, v: 2 }), expected: 'malformed' },
    { name: 'a revocation', envelope: sealed({ epoch: 3, kind: 'revoked', reason: 'revoked' }), expected: 'revoked' },
    { name: 'a revocation of before', envelope: sealed({ kind: 'revoked', reason: 'revoked' }), expected: 'stale' },
  ]) {
    it(`${name}: ${expected}`, () => {
      const accepted = acceptDesired(envelope, theIdentity, last);
      assert.equal(accepted.ok ? accepted.value.kind : accepted.reason, expected);
    });
  }

  it('is nothing in which a byte was changed', () => {
    const good = sealed();
    assert.ok(acceptDesired(good, theIdentity, null).ok);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ change;
        const accepted = acceptDesired(bad, theIdentity, null);
        // Bits of the last letter that stand for no byte may differ: the signed bytes are the same then.
        if (accepted.ok && accepted.value.kind === 'desired') {
          const original = acceptDesired(good, theIdentity, null);
          assert.ok(original.ok && original.value.kind === 'desired');
          assert.deepEqual(accepted.value.desired.models, original.value.desired.models);
        }
      }),
    );
  });
});
