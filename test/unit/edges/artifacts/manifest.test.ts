import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import {
  absentMessage,
  LEAVES_PER_PAGE,
  type Manifest,
  MIN_CHUNK_BYTES,
  manifestOf,
  pageMessage,
  parseManifestMessage,
  sha256,
} from '../../../../lib/edges/artifacts/manifest';
import { ManifestCandidates } from '../../../../lib/edges/artifacts/manifest-candidates';
import { Digest } from '../../../../lib/ids';

const digestOf = (bytes: Buffer): Digest => Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const digest = digestOf(Buffer.from('the artifact'));

const leavesOf = (bytes: Buffer, chunkBytes = MIN_CHUNK_BYTES): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) =>
    sha256(bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes)),
  );
const messagesOf = ({ rootMessage, pages }: Manifest): Buffer[] => [
  rootMessage,
  ...pages.map((p, n) => pageMessage(n, p)),
];

const bytes = randomBytes(3 * MIN_CHUNK_BYTES + 17);
const manifest = manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, leavesOf(bytes));
const other = manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, leavesOf(randomBytes(bytes.length)));
const candidates = (): ManifestCandidates => new ManifestCandidates(digest, bytes.length);

describe('manifest', () => {
  it('knows its chunks, the last one shorter, and nothing else', () => {
    assert.equal(manifest.chunkCount, 4);
    const chunk = (n: number): Buffer => bytes.subarray(n * MIN_CHUNK_BYTES, (n + 1) * MIN_CHUNK_BYTES);
    for (const n of [0, 1, 2, 3]) assert.equal(manifest.isChunk(n, chunk(n)), true);
    const flipped = Buffer.from(chunk(1));
    flipped[7] = (flipped[7] ?? 0) ^ 1;
    for (const [n, wrong] of [
      [1, flipped],
      [1, chunk(2)],
      [1, chunk(1).subarray(1)],
      [3, Buffer.concat([chunk(3), Buffer.alloc(1)])],
      [4, chunk(3)],
      [0, Buffer.alloc(0)],
    ] as const) {
      assert.equal(manifest.isChunk(n, wrong), false);
    }
  });

  it('of 2 GiB has a root of half a KiB and pages of 64 KiB', () => {
    const leaves = new Array<Buffer>(32_768).fill(sha256(Buffer.alloc(0)));
    const large = manifestOf(digest, 2 ** 31, MIN_CHUNK_BYTES, leaves);
    assert.deepEqual([large.pages.length, large.pages[0]?.length], [16, LEAVES_PER_PAGE * 32]);
    assert.ok(large.rootMessage.length < 600);
    const received = new ManifestCandidates(digest, 2 ** 31);
    for (const message of messagesOf(large)) assert.equal(received.offer(message), 'new');
    assert.deepEqual(received.current?.root.id, large.root.id);
  });

  it('may be any bytes without anything happening', () => {
    const head = fc.constantFrom([1, 0], [1, 1], [1, 2], [2, 0], [1, 3], []);
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 100 }), (start, rest) => {
        const received = candidates();
        received.offer(Buffer.from([...start, ...rest]));
        assert.equal(received.current, undefined);
      }),
    );
  });
});

describe('manifest candidates', () => {
  it('are whole when the root and all pages are there, in any order', () => {
    for (const messages of [messagesOf(manifest), messagesOf(manifest).reverse()]) {
      const received = candidates();
      const before = received.current;
      for (const message of messages) received.offer(message);
      assert.deepEqual([before, received.current?.root.id], [undefined, manifest.root.id]);
      assert.equal(received.current?.isChunk(0, bytes.subarray(0, MIN_CHUNK_BYTES)), true);
    }
  });

  it('tell what is missing', () => {
    const received = candidates();
    assert.deepEqual(received.missing, { root: undefined, missingPages: [] });
    received.offer(manifest.rootMessage);
    assert.deepEqual(received.missing, { root: manifest.root.id, missingPages: [[0, 0]] });
  });

  it('take no page that is not of a root they know', () => {
    const received = candidates();
    received.offer(manifest.rootMessage);
    for (const page of messagesOf(other).slice(1)) assert.equal(received.offer(page), 'nothing');
    assert.equal(received.current, undefined);
  });

  it('tell that an artifact is absent', () => assert.equal(candidates().offer(absentMessage()), 'absent'));

  for (const [name, wrong] of Object.entries({
    'of another size': manifestOf(digest, bytes.length + 1, MIN_CHUNK_BYTES, leavesOf(bytes)),
    'with chunks too small': manifestOf(digest, bytes.length, 1_024, leavesOf(bytes, 1_024)),
    'with chunks too large': manifestOf(digest, bytes.length, 2 ** 20, leavesOf(bytes, 2 ** 20)),
    'with too few pages': manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, []),
  })) {
    it(`refuse a root ${name}`, () => {
      const received = candidates();
      assert.equal(received.offer(wrong.rootMessage), 'nothing');
      assert.equal(received.missing.root, undefined);
    });
  }

  it('go on with another when one proves wrong, and never take it again', () => {
    const received = candidates();
    for (const message of [...messagesOf(other), ...messagesOf(manifest)]) received.offer(message);
    assert.deepEqual([received.current?.root.id, received.hasAlternative], [other.root.id, true]);
    received.setAside(other.root.id);
    assert.deepEqual([received.current?.root.id, received.hasAlternative], [manifest.root.id, true]);
    received.setAside(manifest.root.id);
    received.refuse(other.root.id);
    for (const message of messagesOf(other)) received.offer(message);
    assert.deepEqual([received.current?.root.id, received.hasAlternative], [manifest.root.id, false]);
  });

  it('keep no more than a few, whatever comes', () => {
    const received = candidates();
    const outcomes = Array.from({ length: 50 }, () => {
      const made = manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, leavesOf(randomBytes(bytes.length)));
      return received.offer(made.rootMessage);
    });
    assert.equal(outcomes.filter((outcome) => outcome === 'new').length, 4);
  });

  it('let only signed ones pass where a signature is asked for, each for its artifact', () => {
    const [hub, stranger] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const passes = (signed: Manifest, of = digest): boolean => {
      const verified = new ManifestCandidates(of, bytes.length, (data, signature) =>
        verify(null, data, hub.publicKey, signature),
      );
      for (const message of messagesOf(signed)) verified.offer(message);
      return verified.current !== undefined;
    };
    const signedBy = ({ privateKey }: typeof hub): Manifest =>
      manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, leavesOf(bytes), (data) => sign(null, data, privateKey));
    assert.deepEqual(
      [signedBy(hub), signedBy(stranger), manifest].map((each) => passes(each)),
      [true, false, false],
    );
    assert.equal(passes(signedBy(hub), digestOf(Buffer.from('another'))), false);
    assert.equal(parseManifestMessage(signedBy(hub).rootMessage)?.kind, 'root');
  });
});
