import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { MIN_CHUNK_BYTES, manifestOf, sha256 } from '../../../../lib/edges/artifacts/manifest';
import { ManifestCandidates } from '../../../../lib/edges/artifacts/manifest-candidates';
import { PartialFile } from '../../../../lib/edges/artifacts/partial-file';
import { digestOf } from '../../../support/artifact-lab';
import { temporaryFolder } from '../../../support/temporary-folder';

const CHUNK_COUNT = 5;
const bytes = randomBytes((CHUNK_COUNT - 1) * MIN_CHUNK_BYTES + 100);
const digest = digestOf(bytes);
const chunk = (n: number): Buffer => bytes.subarray(n * MIN_CHUNK_BYTES, (n + 1) * MIN_CHUNK_BYTES);
const numbers = Array.from({ length: CHUNK_COUNT }, (_, n) => n);
const manifest = manifestOf(
  digest,
  bytes.length,
  MIN_CHUNK_BYTES,
  numbers.map((n) => sha256(chunk(n))),
);
const candidates = (): ManifestCandidates => new ManifestCandidates(digest, bytes.length);
const never = new AbortController().signal;

async function begun(folder: string): Promise<PartialFile> {
  const partial = await PartialFile.open(folder, candidates());
  await partial.adopt(manifest);
  return partial;
}

const receivedBy = ({ received }: PartialFile): number[] => numbers.filter((n) => received.has(n));

type Step = { readonly kind: 'write'; readonly n: number } | { readonly kind: 'save' };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), n: fc.nat(CHUNK_COUNT - 1) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('save' as const) }) },
  ),
  { maxLength: 12 },
);

describe('partial file', () => {
  it('has after a power cut at any moment what was saved, and never a chunk that is wrong', async () => {
    // Of what was written after the last save the disk has some chunks, and some of them in part.
    const fates = fc.array(fc.constantFrom('kept', 'lost', 'torn'), { minLength: CHUNK_COUNT, maxLength: CHUNK_COUNT });
    await fc.assert(
      fc.asyncProperty(steps, fates, async (calls, fate) => {
        await using folder = await temporaryFolder();
        const [path, after] = [join(folder.path, 'a'), join(folder.path, 'b')];
        const partial = await begun(path);
        const [written, saved] = [new Set<number>(), new Set<number>()];
        for (const call of calls) {
          if (call.kind === 'write') {
            await partial.write(call.n, chunk(call.n));
            written.add(call.n);
          } else {
            await partial.save();
            for (const n of written) saved.add(n);
          }
        }
        await partial.close();
        await cp(path, after, { recursive: true });
        const data = Buffer.alloc(bytes.length);
        const isWhole = (n: number): boolean => saved.has(n) || (written.has(n) && fate[n] === 'kept');
        for (const n of numbers) {
          if (isWhole(n)) chunk(n).copy(data, n * MIN_CHUNK_BYTES);
          else if (written.has(n) && fate[n] === 'torn') chunk(n).copy(data, n * MIN_CHUNK_BYTES, 0, 50);
        }
        await writeFile(join(after, 'data'), data);
        const reopened = await PartialFile.open(after, candidates());
        assert.deepEqual(receivedBy(reopened), numbers.filter(isWhole));
        await reopened.close();
      }),
      { numRuns: 40 },
    );
  });

  it('finds out when bytes on the disk have changed since, and keeps the rest', async () => {
    await using folder = await temporaryFolder();
    const partial = await begun(folder.path);
    for (const n of numbers) await partial.write(n, chunk(n));
    await partial.save();
    await partial.close();
    const data = await readFile(join(folder.path, 'data'));
    data[2 * MIN_CHUNK_BYTES] = (data[2 * MIN_CHUNK_BYTES] ?? 0) ^ 1;
    await writeFile(join(folder.path, 'data'), data);
    const reopened = await PartialFile.open(folder.path, candidates());
    assert.notEqual(await reopened.digest(bytes.length, never), digest);
    await reopened.recheck();
    assert.deepEqual(receivedBy(reopened), [0, 1, 3, 4]);
    await reopened.write(2, chunk(2));
    assert.equal(await reopened.digest(bytes.length, never), digest);
    await reopened.close();
  });

  for (const name of ['state', 'manifest']) {
    for (const content of ['', 'x', '{"v":1}', '\0\0\0\x04abcd\xff\xff\xff\xff']) {
      it(`takes a ${name} of ${JSON.stringify(content)} for none`, async () => {
        await using folder = await temporaryFolder();
        const partial = await begun(folder.path);
        await partial.write(1, chunk(1));
        await partial.save();
        await partial.close();
        await writeFile(join(folder.path, name), content);
        const reopened = await PartialFile.open(folder.path, candidates());
        // By a manifest the chunks are found without the state.
        await reopened.adopt(manifest);
        assert.deepEqual(receivedBy(reopened), [1]);
        await reopened.close();
      });
    }
  }

  it('does not believe the state of another manifest', async () => {
    await using folder = await temporaryFolder();
    const partial = await begun(folder.path);
    for (const n of numbers) await partial.write(n, chunk(n));
    await partial.save();
    await partial.close();
    const state = await readFile(join(folder.path, 'state'), 'utf8');
    await writeFile(join(folder.path, 'state'), state.replace(manifest.root.id, '0123456789abcdef'));
    await writeFile(join(folder.path, 'data'), bytes.subarray(0, 2 * MIN_CHUNK_BYTES));
    const reopened = await PartialFile.open(folder.path, candidates());
    assert.deepEqual(receivedBy(reopened), [0, 1]);
    await reopened.close();
  });

  it('keeps with another manifest the bytes they have in common', async () => {
    await using folder = await temporaryFolder();
    const partial = await begun(folder.path);
    for (const n of [0, 1]) await partial.write(n, chunk(n));
    const changed = numbers.map((n) => sha256(n === 1 ? randomBytes(9) : chunk(n)));
    await partial.adopt(manifestOf(digest, bytes.length, MIN_CHUNK_BYTES, changed));
    assert.deepEqual(receivedBy(partial), [0]);
    await partial.adopt(manifest);
    assert.deepEqual([receivedBy(partial), partial.receivedBytes], [[0, 1], 2 * MIN_CHUNK_BYTES]);
    await partial.close();
  });

  it('does not take up a manifest that passes no more', async () => {
    await using folder = await temporaryFolder();
    await (await begun(folder.path)).close();
    const strict = new ManifestCandidates(digest, bytes.length, () => false);
    const reopened = await PartialFile.open(folder.path, strict);
    assert.equal(reopened.manifest, undefined);
    await reopened.close();
  });

  it('counts the bytes that are there, the last chunk being shorter, and goes when it is whole', async () => {
    await using folder = await temporaryFolder();
    const partial = await begun(join(folder.path, 'partial'));
    await partial.write(CHUNK_COUNT - 1, chunk(CHUNK_COUNT - 1));
    assert.deepEqual([partial.receivedBytes, partial.isWhole], [100, false]);
    for (const n of numbers) await partial.write(n, chunk(n));
    assert.deepEqual([partial.receivedBytes, partial.isWhole], [bytes.length, true]);
    await partial.moveTo(join(folder.path, 'blobs', 'whole'));
    assert.deepEqual(await readdir(folder.path), ['blobs']);
    assert.deepEqual(await readFile(join(folder.path, 'blobs', 'whole')), bytes);
  });
});
