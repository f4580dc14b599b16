import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Digest } from '../../../lib/ids';
import { silentLog } from '../../../lib/log';
import { type BlobPutOptions, type BlobStore, openBlobStore } from '../../../lib/store';
import { FakeClock } from '../../support/fake-clock';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const digestOf = (bytes: Buffer | string): Digest =>
  Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const options = (extra: Partial<BlobPutOptions> = {}): BlobPutOptions => ({
  maxBytes: 1_000_000,
  signal: new AbortController().signal,
  ...extra,
});
const bytes = (text: string): Readable => Readable.from([Buffer.from(text)]);
/** The clock of the test stands still while files get the time of the machine. */
const everything = { isNamed: () => false, dryRun: false, minAgeMs: -3_600_000 };

describe('blob store', () => {
  let folder: TemporaryFolder;
  let blobs: BlobStore;
  const clock = new FakeClock(Date.now() + 60_000);
  const left = async (): Promise<string[]> => [
    ...(await readdir(join(folder.path, 'temp'))),
    ...(await blobs.list()).map(({ digest }) => digest),
  ];

  beforeEach(async () => {
    folder = await temporaryFolder();
    const [path, tempPath] = [join(folder.path, 'blobs'), join(folder.path, 'temp')];
    blobs = await openBlobStore({ path, tempPath, log: silentLog, clock });
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it('stores bytes under their digest, from a stream or any async iterable', async () => {
    const data = Buffer.alloc(300_000, 'model');
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let at = 0; at < data.length; at += 7_001) yield data.subarray(at, at + 7_001);
    }
    for (const source of [Readable.from(chunks()), chunks()]) {
      const lease = await blobs.put(source, options({ expectedDigest: digestOf(data) }));
      const hex = digestOf(data).slice(7);
      assert.equal(lease.digest, digestOf(data));
      assert.equal(lease.sizeBytes, data.length);
      assert.equal(lease.path, join(folder.path, 'blobs', 'sha256', hex.slice(0, 2), hex));
      assert.deepEqual(await readFile(lease.path), data);
    }
    assert.deepEqual(await left(), [digestOf(data)]);
    assert.equal(await blobs.has(digestOf(data)), true);
    assert.equal(await blobs.has(digestOf('other')), false);
    assert.equal(await blobs.verify(digestOf(data)), 'whole');
    assert.equal(await blobs.verify(digestOf('other')), 'missing');
  });

  it('stores nothing at all as well', async () => {
    const lease = await blobs.put(Readable.from([]), options());
    assert.deepEqual([lease.digest, lease.sizeBytes], [digestOf(''), 0]);
  });

  for (const { name, damage } of [
    { name: 'cut', damage: 'mod' },
    { name: 'empty', damage: '' },
    { name: 'changed at the same length', damage: 'Model' },
  ]) {
    it(`replaces a blob that is ${name}, and does not trust it`, async () => {
      const lease = await blobs.put(bytes('model'), options());
      await writeFile(lease.path, damage);
      assert.equal(await blobs.verify(lease.digest), 'damaged');
      await blobs.put(bytes('model'), options());
      assert.equal(await blobs.verify(lease.digest), 'whole');
      assert.deepEqual(await left(), [lease.digest]);
    });
  }

  it('stores the same bytes from many uploads at once as one blob', async () => {
    const leases = await Promise.all(Array.from({ length: 10 }, () => blobs.put(bytes('model'), options())));
    assert.deepEqual(await left(), [digestOf('model')]);
    assert.deepEqual(new Set(leases.map(({ digest }) => digest)).size, 1);
  });

  const failures: readonly {
    readonly name: string;
    readonly code: string;
    readonly put: () => Promise<unknown>;
  }[] = [
    {
      name: 'one byte too many',
      code: 'MODEL_TOO_LARGE',
      put: () => blobs.put(bytes('12345'), options({ maxBytes: 4 })),
    },
    {
      name: 'other bytes than announced',
      code: 'DIGEST_MISMATCH',
      put: () => blobs.put(bytes('12345'), options({ expectedDigest: digestOf('1234') })),
    },
    {
      name: 'a signal that has fired before',
      code: 'ABORTED',
      put: () => blobs.put(bytes('12345'), options({ signal: AbortSignal.abort() })),
    },
    {
      name: 'a source that fails',
      code: 'ABORTED',
      put: () =>
        blobs.put(
          Readable.from(
            (async function* () {
              yield Buffer.from('123');
              throw new Error('connection reset');
            })(),
          ),
          options(),
        ),
    },
    {
      name: 'a source that was destroyed',
      code: 'ABORTED',
      put: () => {
        const source = new PassThrough();
        source.write('123');
        setImmediate(() => source.destroy());
        return blobs.put(source, options());
      },
    },
    {
      name: 'a source of text',
      code: 'INTERNAL',
      put: () => blobs.put(Readable.from(['text']), options()),
    },
  ];
  for (const { name, code, put } of failures) {
    it(`refuses ${name} with ${code} and leaves nothing behind`, async () => {
      await assert.rejects(put(), { code });
      assert.deepEqual(await left(), []);
    });
  }

  it('stops on the signal while the source is silent, and leaves the source to its owner', async () => {
    const source = new PassThrough();
    const abort = new AbortController();
    const putting = blobs.put(source, options({ signal: abort.signal }));
    source.write('123');
    await waitFor(async () => (await readdir(join(folder.path, 'temp'))).length === 1 && source.readableLength === 0);
    abort.abort();
    await assert.rejects(putting, { code: 'ABORTED' });
    assert.deepEqual(await left(), []);
    assert.equal(source.destroyed, false);
    source.destroy();
  });

  it('leaves a source that is too large to its owner, who has to answer on the same connection', async () => {
    const source = new PassThrough();
    source.write('12345');
    await assert.rejects(blobs.put(source, options({ maxBytes: 4 })), { code: 'MODEL_TOO_LARGE' });
    assert.equal(source.destroyed, false);
    source.destroy();
  });

  it('lists blobs only, in the order of their digests', async () => {
    for (const text of ['a', 'b', 'c']) await blobs.put(bytes(text), options());
    await writeFile(join(folder.path, 'blobs', 'sha256', 'notes.txt'), '');
    await mkdir(join(folder.path, 'blobs', 'sha256', 'zz'));
    await writeFile(join(folder.path, 'blobs', 'sha256', 'zz', 'a'.repeat(64)), '');
    assert.deepEqual(
      (await blobs.list()).map(({ digest, sizeBytes }) => [digest, sizeBytes]),
      ['a', 'b', 'c'].map((text) => [digestOf(text), 1]).sort(),
    );
  });

  describe('garbage collection', () => {
    it('takes what no document names, no lease protects and is old enough', async () => {
      const [named, leased, young, garbage] = await Promise.all(
        ['named', 'leased', 'young', 'garbage'].map((text) => blobs.put(bytes(text), options())),
      );
      assert.ok(named && leased && young && garbage);
      for (const lease of [named, young, garbage]) {
        lease.release();
        lease.release();
      }
      const hourAgo = new Date(clock.now() - 3_600_000);
      for (const lease of [named, leased, garbage]) await utimes(lease.path, hourAgo, hourAgo);
      const rule = { isNamed: (digest: Digest) => digest === named.digest, minAgeMs: 3_000_000 };
      const expected = { removed: [{ digest: garbage.digest, sizeBytes: 7 }], freedBytes: 7 };
      assert.deepEqual(await blobs.collectGarbage({ ...rule, dryRun: true }), expected);
      assert.equal((await blobs.list()).length, 4);
      assert.deepEqual(await blobs.collectGarbage({ ...rule, dryRun: false }), expected);
      assert.equal(await blobs.has(garbage.digest), false);
      assert.equal((await blobs.list()).length, 3);
    });

    it('protects a blob until the last of its leases is released', async () => {
      const first = await blobs.put(bytes('model'), options());
      const second = await blobs.put(bytes('model'), options());
      first.release();
      first.release();
      assert.deepEqual((await blobs.collectGarbage(everything)).removed, []);
      second.release();
      assert.equal((await blobs.collectGarbage(everything)).removed.length, 1);
    });

    it('never takes a blob from under an upload, however they meet', async () => {
      for (let round = 0; round < 150; round += 1) {
        const old = await blobs.put(bytes('model'), options());
        old.release();
        const [, lease] = await Promise.all([
          blobs.collectGarbage(everything),
          (async () => {
            for (let turn = 0; turn < round % 15; turn += 1) await new Promise((resolve) => setImmediate(resolve));
            return blobs.put(bytes('model'), options());
          })(),
          blobs.collectGarbage(everything),
        ]);
        assert.equal(await blobs.verify(lease.digest), 'whole', `round ${round}`);
        assert.deepEqual((await blobs.collectGarbage(everything)).removed, []);
        lease.release();
      }
    });
  });
});
