import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import { admitCommand, CLOCK_TOLERANCE_MS, hearHub, noCommands } from '../../../lib/edges/protocol/command-gate';
import { decodeJson } from '../../../lib/edges/protocol/decode';
import { DesiredDocument, DesiredModel, ReportedState } from '../../../lib/edges/protocol/documents';
import {
  digestOf,
  makeEnrolRequest,
  newToken,
  openEnrolAnswer,
  openEnrolRequest,
  readToken,
} from '../../../lib/edges/protocol/enrolment';
import { documentTypes, MAX_DOCUMENT_BYTES, open, seal, sealWithSecret } from '../../../lib/edges/protocol/envelope';
import {
  keyIdOf,
  openSigningKey,
  PublicKeyText,
  temporarySigningKey,
  verifyingKey,
} from '../../../lib/edges/protocol/keys';
import { advanceWindow, compareOrder, emptyWindow } from '../../../lib/edges/protocol/order';
import { withCode } from '../../support/registry-lab';
import { temporaryFolder } from '../../support/temporary-folder';

const Anything = z.unknown();
const key = temporarySigningKey();

/** The three parts of an envelope, changed. */
function forged(bytes: Buffer, change: (parts: Record<string, string>) => Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString()))));
}
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('keys of the protocol', () => {
  it('are named by the thumbprint of RFC 8037, A.3', () => {
    const x = PublicKeyText.parse('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
    assert.equal(keyIdOf(x), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('are made once, and can be read by their owner only', async () => {
    await using folder = await temporaryFolder();
    const made = await openSigningKey(folder.path, 'hub');
    const again = await openSigningKey(folder.path, 'hub');
    assert.equal(again.publicKey.text, made.publicKey.text);
    const path = join(folder.path, 'hub.pem');
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
    await writeFile(path, 'no key');
    await assert.rejects(openSigningKey(folder.path, 'hub'), withCode('STORAGE_CORRUPT'));
  });
});

describe('envelopes', () => {
  it('are JWS as RFC 8037, A.4 signs them', () => {
    // The example's header and payload, put through our own reader of signatures.
    const signed = Buffer.from('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc');
    const signature = Buffer.from(
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
      'base64url',
    );
    const x = PublicKeyText.parse('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
    assert.ok(verifyingKey(x).verify(signed, signature));
  });

  it('give back any document that was sealed, and the same bytes for the same document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const document = { value };
        const bytes = seal('desired', document, key);
        const opened = open('desired', bytes, key.publicKey, Anything);
        assert.ok(opened.ok);
        assert.deepEqual(opened.value.document, JSON.parse(JSON.stringify(document)));
        assert.deepEqual(seal('desired', document, key), bytes);
      }),
    );
  });

  const sealed = seal('desired', { a: 1 }, key);
  for (const { name, bytes, reason } of [
    {
      name: 'another payload',
      bytes: forged(sealed, (parts) => ({ ...parts, payload: encode({ a: 2 }) })),
      reason: 'bad-signature',
    },
    {
      name: 'the algorithm none',
      bytes: forged(sealed, (parts) => ({
        ...parts,
        protected: encode({ alg: 'none', typ: 'mm-desired+json', kid: key.publicKey.id }),
        signature: '',
      })),
      reason: 'bad-signature',
    },
    {
      name: 'HMAC with the public key as its secret',
      bytes: sealWithSecret('desired', { a: 1 }, Buffer.from(key.publicKey.text, 'base64url'), key.publicKey.id),
      reason: 'bad-signature',
    },
    { name: 'the signature of another kind of document', bytes: seal('command', { a: 1 }, key), reason: 'wrong-type' },
    { name: 'another key', bytes: seal('desired', { a: 1 }, temporarySigningKey()), reason: 'unknown-key' },
    {
      name: 'another key under the id of ours',
      bytes: forged(seal('desired', { a: 1 }, temporarySigningKey()), (parts) => ({
        ...parts,
        protected: JSON.parse(sealed.toString()).protected,
      })),
      reason: 'bad-signature',
    },
    {
      name: 'critical extensions',
      bytes: forged(sealed, (parts) => ({
        ...parts,
        protected: encode({ alg: 'EdDSA', typ: 'mm-desired+json', kid: key.publicKey.id, crit: ['x'] }),
      })),
      reason: 'malformed',
    },
    { name: 'no signature', bytes: forged(sealed, ({ signature: _, ...parts }) => parts), reason: 'malformed' },
    {
      name: 'an empty signature',
      bytes: forged(sealed, (parts) => ({ ...parts, signature: '' })),
      reason: 'bad-signature',
    },
    { name: 'a plain document', bytes: Buffer.from('{"a":1}'), reason: 'malformed' },
    { name: 'nothing', bytes: Buffer.alloc(0), reason: 'not-json' },
    { name: 'bytes that are no text', bytes: Buffer.from([0xff, 0xfe]), reason: 'not-json' },
    { name: 'a document nested without end', bytes: Buffer.from('['.repeat(60_000)), reason: 'too-deep' },
    { name: 'a huge one', bytes: Buffer.alloc(10_000_000, 0x20), reason: 'too-large' },
  ]) {
    it(`refuse ${name}: ${reason}`, () => {
      const opened = open('desired', bytes, key.publicKey, Anything);
      assert.deepEqual([opened.ok, opened.ok ? '' : opened.reason], [false, reason]);
    });
  }

  it('refuse a signed document that is larger than its kind may be, before it is parsed', () => {
    for (const type of documentTypes) {
      const bytes = seal(type, { a: 'x'.repeat(MAX_DOCUMENT_BYTES[type]) }, key);
      const opened = open(type, bytes, key.publicKey, Anything);
      assert.equal(opened.ok ? '' : opened.reason, 'too-large', type);
    }
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          assert.equal(open('desired', Buffer.from(bytes), key.publicKey, Anything).ok, false);
        },
      ),
    );
  });

  it('count depth outside texts only', () => {
    const text = JSON.stringify({ a: '[[[[[[[[[[[[[[[[[[[[[[\\"[[[[', b: '\\' });
    assert.ok(decodeJson(Buffer.from(text), 1_000).ok);
    assert.equal(decodeJson(Buffer.from(`{"a":"\\"",${`"b":${'['.repeat(17)}${']'.repeat(17)}`}}`), 1_000).ok, false);
  });
});

describe('documents', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const version = (n: number) => ({ version: n, files: [{ kind: 'model', digest, sizeBytes: 1 }] });
  const aModel = { name: 'iris', deployed: 1, aliases: {}, versions: [version(1)], attempt: 0 };

  for (const { name, model, isGood } of [
    { name: 'take a model', model: aModel, isGood: true },
    { name: 'leave out fields of later releases', model: { ...aModel, later: true }, isGood: true },
    { name: 'refuse a deployed version that does not travel', model: { ...aModel, deployed: 2 }, isGood: false },
    {
      name: 'refuse an alias of a version that does not travel',
      model: { ...aModel, aliases: { canary: 2 } },
      isGood: false,
    },
    {
      name: 'refuse a version that is there twice',
      model: { ...aModel, versions: [version(1), version(1)] },
      isGood: false,
    },
    { name: 'refuse a name that is a path', model: { ...aModel, name: '../x' }, isGood: false },
    {
      name: 'refuse a digest that is a path',
      model: {
        ...aModel,
        versions: [{ version: 1, files: [{ kind: 'model', digest: 'sha256:../..', sizeBytes: 1 }] }],
      },
      isGood: false,
    },
    { name: 'refuse a number as text', model: { ...aModel, deployed: '1' }, isGood: false },
  ]) {
    it(name, () => assert.equal(DesiredModel.safeParse(model).success, isGood));
  }

  it('are told apart by their kind, and need their hub and edge', () => {
    const common = { v: 1, hubId: 'h', edge: 'e', edgeKeyId: key.publicKey.id, epoch: 1, revision: 1, issuedAt: 0 };
    assert.ok(DesiredDocument.safeParse({ ...common, kind: 'desired', models: [aModel] }).success);
    assert.ok(DesiredDocument.safeParse({ ...common, kind: 'revoked', reason: 'deleted' }).success);
    for (const field of Object.keys(common)) {
      const { [field]: _, ...rest } = { ...common, kind: 'desired', models: [] } as Record<string, unknown>;
      assert.equal(DesiredDocument.safeParse(rest).success, false, field);
    }
    const twice = [aModel, { ...aModel, name: 'IRIS' }];
    assert.equal(DesiredDocument.safeParse({ ...common, kind: 'desired', models: twice }).success, false);
    assert.equal(ReportedState.safeParse({ ...common, kind: 'desired', models: [] }).success, false);
  });
});

describe('what came before', () => {
  it('is known by epoch, then revision', () => {
    const order = (epoch: number, revision: number) => ({ epoch, revision });
    assert.ok(compareOrder(order(2, 1), order(1, 99)) > 0);
    assert.ok(compareOrder(order(1, 3), order(1, 2)) > 0);
    assert.equal(compareOrder(order(1, 2), order(1, 2)), 0);
  });

  it('is taken once, in any order within the window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 200 }), (sequence) => {
        let window = emptyWindow;
        const taken = new Set<number>();
        let highest = 0;
        for (const number of sequence) {
          const next = advanceWindow(window, number);
          const isExpected = !taken.has(number) && number > highest - 64;
          assert.equal(next !== undefined, isExpected, `${number} after ${highest}`);
          if (!next) continue;
          window = next;
          taken.add(number);
          highest = Math.max(highest, number);
        }
      }),
    );
  });
});

describe('commands', () => {
  const aCommand = (id: string, issuedAt = 1_000_000, ttlMs = 60_000): Parameters<typeof admitCommand>[1] => ({
    id,
    issuedAt,
    expiresAt: issuedAt + ttlMs,
  });
  const reasonAt = (nowMs: number, memory = noCommands, command = aCommand('a')): string => {
    const admitted = admitCommand(memory, command, nowMs);
    return admitted.ok ? 'ok' : admitted.reason;
  };

  for (const { name, nowMs, expected } of [
    { name: 'at once', nowMs: 1_000_000, expected: 'ok' },
    { name: 'by a clock that stands in 1970', nowMs: 0, expected: 'ok' },
    { name: 'at its end', nowMs: 1_060_000, expected: 'ok' },
    { name: 'by a clock ahead by less than the tolerance', nowMs: 1_060_000 + CLOCK_TOLERANCE_MS, expected: 'ok' },
    { name: 'by a clock ahead by more', nowMs: 1_060_001 + CLOCK_TOLERANCE_MS, expected: 'expired' },
  ]) {
    it(`taken ${name}: ${expected}`, () => assert.equal(reasonAt(nowMs), expected));
  }

  it('are old when the hub has signed something much later, whatever the clock says', () => {
    assert.equal(reasonAt(0, { hubTimeFloor: 1_060_001 + CLOCK_TOLERANCE_MS, seen: [] }), 'expired');
  });

  it('are carried out once while they are valid, and are forgotten after', () => {
    const first = admitCommand(noCommands, aCommand('a'), 1_000_000);
    assert.ok(first.ok);
    assert.equal(reasonAt(1_000_001, first.value), 'duplicate');
    assert.equal(reasonAt(1_000_001, first.value, aCommand('b')), 'ok');
    const late = 1_060_001 + CLOCK_TOLERANCE_MS;
    assert.equal(reasonAt(late, first.value), 'expired');
    const next = admitCommand(first.value, aCommand('c', late), late);
    assert.deepEqual(next.ok && next.value.seen.map(({ id }) => id), ['c']);
  });

  describe('of a hub whose clock was a year ahead and is right again', () => {
    const yearMs = 31_536_000_000;
    const order = (revision: number, epoch = 1) => ({ epoch, revision });
    const ahead = hearHub(noCommands, { order: order(7), issuedAt: 1_000_000 + yearMs }, true);
    const setBack = hearHub(ahead, { order: order(8), issuedAt: 1_000_000 }, false);
    const early = { ...aCommand('early', 1_000_000 + yearMs), order: order(7) };

    for (const { name, memory, command, expected } of [
      { name: 'before the hub tells the time', memory: ahead, command: aCommand('a'), expected: 'expired' },
      { name: 'after that', memory: setBack, command: { ...aCommand('a'), order: order(8) }, expected: 'ok' },
      { name: 'in a later epoch', memory: setBack, command: { ...aCommand('a'), order: order(1, 2) }, expected: 'ok' },
      { name: 'from before it, though it was forgotten', memory: setBack, command: early, expected: 'stale' },
      { name: 'that names no order', memory: setBack, command: aCommand('a'), expected: 'stale' },
    ]) {
      it(`${name}: ${expected}`, () => assert.equal(reasonAt(1_000_000, memory, command), expected));
    }

    it('stay void when later documents set nothing back, until the edge has another key', () => {
      const later = hearHub(setBack, { order: order(9), issuedAt: 1_000_001 }, false);
      assert.equal(reasonAt(1_000_000, later, early), 'stale');
      const admitted = admitCommand(later, { ...aCommand('b'), order: order(9) }, 1_000_000);
      assert.equal(reasonAt(1_000_000, admitted.ok ? admitted.value : noCommands, early), 'stale');
      const anew = hearHub(later, { order: order(1), issuedAt: 1_000_002 }, true);
      assert.equal(reasonAt(1_000_000, anew, { ...aCommand('a'), order: order(1) }), 'ok');
    });
  });

  it('are refused rather than forgotten when there are too many', () => {
    const seen = Array.from({ length: 1_000 }, (_, n) => ({ id: `c${n}`, until: 2_000_000 }));
    assert.equal(reasonAt(1_000_000, { hubTimeFloor: 0, seen }), 'busy');
  });
});

describe('enrolment', () => {
  const token = newToken('hub-1');
  const edgePublicKey = temporarySigningKey().publicKey.text;
  const request = makeEnrolRequest({ hubId: 'hub-1', edge: 'edge-2', edgePublicKey }, token);

  it('proves a token without showing it, and the hub needs only what it keeps', () => {
    const typed = readToken('hub-1', ` ${token.text}\n`);
    assert.deepEqual(typed, { id: token.id, key: token.key });
    const opened = openEnrolRequest(request, 'hub-1', token);
    assert.deepEqual(opened.ok && [opened.value.edge, opened.value.edgePublicKey], ['edge-2', edgePublicKey]);
    const secret = token.text.split('.')[2] ?? '';
    assert.ok(!request.toString().includes(secret) && !token.key.toString('base64url').includes(secret));
  });

  for (const { name, bytes, hubId, with: other } of [
    { name: 'another token', bytes: request, hubId: 'hub-1', with: { ...newToken('hub-1'), id: token.id } },
    {
      name: 'the same token at another hub',
      bytes: request,
      hubId: 'hub-2',
      with: readToken('hub-2', token.text) ?? token,
    },
    {
      name: 'another key put in',
      bytes: forged(request, (parts) => ({
        ...parts,
        payload: encode({
          ...JSON.parse(Buffer.from(parts['payload'] ?? '', 'base64url').toString()),
          edgePublicKey: temporarySigningKey().publicKey.text,
        }),
      })),
      hubId: 'hub-1',
      with: token,
    },
  ]) {
    it(`refuses ${name}`, () => {
      const opened = openEnrolRequest(bytes, hubId, other);
      assert.equal(opened.ok ? '' : opened.reason, 'bad-signature');
    });
  }

  it('takes the answer to its own request only, from its hub only', () => {
    const answer = {
      v: 1,
      hubId: 'hub-1',
      tokenId: token.id,
      requestDigest: digestOf(request),
      at: 0,
      result: 'accepted',
      edge: 'edge-2',
      edgeKeyId: keyIdOf(edgePublicKey),
    };
    const other = makeEnrolRequest({ hubId: 'hub-1', edge: 'edge-2', edgePublicKey }, token);
    assert.ok(openEnrolAnswer(seal('enrol-answer', answer, key), key.publicKey, request).ok);
    assert.equal(openEnrolAnswer(seal('enrol-answer', answer, key), key.publicKey, other).ok, false);
    assert.equal(
      openEnrolAnswer(seal('enrol-answer', answer, temporarySigningKey()), key.publicKey, request).ok,
      false,
    );
  });

  it('knows a text that is no token', () => {
    for (const text of ['', 'mme1', `${token.text}x`, token.text.replace('mme1', 'mme2'), 'mme1..']) {
      assert.equal(readToken('hub-1', text), undefined, text);
    }
  });
});
