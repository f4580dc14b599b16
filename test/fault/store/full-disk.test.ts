import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../../lib/clock';
import { writeFileDurably } from '../../../lib/files';
import { silentLog } from '../../../lib/log';
import { type DocumentStore, openBlobStore, openDataFolder, openDocumentStore } from '../../../lib/store';
import { type Entry, entryOf, parseEntry } from './entry';
import { smallDisk } from './small-disk';

const MIB = 1_048_576;
const FULL = { code: 'STORAGE_FULL', message: /no space left/, hint: /[Ff]ree space/ };

const openEntries = (path: string): Promise<DocumentStore<Entry>> =>
  openDocumentStore({ path, name: 'entries', log: silentLog, parse: parseEntry });

async function reread(path: string): Promise<readonly Entry[]> {
  const store = await openEntries(path);
  await store.close();
  return store.all();
}

/** Writes until the disk is full; a file system gives room by pages, so some writes still fit. */
async function writeUntilFull(store: DocumentStore<Entry>, from: number): Promise<number> {
  for (let n = from; n < from + 1_000; n += 1) {
    try {
      await store.put(entryOf(`e${n}`, n));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'STORAGE_FULL');
      assert.match((error as Error).message, /no space left/);
      return n;
    }
  }
  throw new Error('the disk never was full');
}

describe('a full disk', () => {
  it('GIVEN_full_disk_WHEN_writing_documents_THEN_refused_and_earlier_data_intact_and_on_again_with_room', async function () {
    await using disk = await smallDisk(this, MIB);
    const store = await openEntries(disk.path);
    for (let n = 0; n < 50; n += 1) await store.put(entryOf(`e${n}`, n));
    await disk.fill();
    const refused = await writeUntilFull(store, 50);
    const before = store.all();
    assert.equal(before.length, refused);
    await assert.rejects(store.put(entryOf('e0', 1_000)), FULL);
    await assert.rejects(store.insert(entryOf('x'.repeat(5_000), 1)), FULL);
    await assert.rejects(store.delete('e0'), FULL);
    assert.deepEqual(store.all(), before);
    assert.deepEqual(await readdir(disk.path), ['ballast', 'entries.db']);

    const beside = await openEntries(disk.path);
    assert.deepEqual(beside.all(), before, 'opens for reading on a full disk');
    await assert.rejects(beside.delete('e0'), FULL);
    await beside.close();
    assert.deepEqual((await readdir(disk.path)).sort(), ['ballast', 'entries.db']);

    await disk.makeRoom();
    await store.put(entryOf('e0', 1_000));
    assert.equal(await store.delete('e1'), true);
    await store.close();
    const expected = before
      .filter(({ _id }) => _id !== 'e1')
      .map((entry) => (entry._id === 'e0' ? entryOf('e0', 1_000) : entry));
    assert.deepEqual(await reread(disk.path), expected);
  });

  it('GIVEN_full_disk_WHEN_many_writes_of_one_tick_THEN_all_or_none_of_them', async function () {
    await using disk = await smallDisk(this, MIB);
    const store = await openEntries(disk.path);
    await store.put(entryOf('first', 1));
    await disk.fill();
    const batch = Array.from({ length: 100 }, (_, n) => store.put(entryOf(`e${n}`, 399)));
    const outcomes = await Promise.allSettled(batch);
    assert.ok(outcomes.every(({ status }) => status === 'rejected'));
    assert.deepEqual(store.all(), [entryOf('first', 1)]);
    assert.deepEqual(await reread(disk.path), [entryOf('first', 1)]);
    await disk.makeRoom();
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.put(entryOf(`e${n}`, 399))));
    await store.close();
    assert.equal((await reread(disk.path)).length, 101);
  });

  it('GIVEN_too_little_room_for_a_copy_WHEN_compacting_THEN_reported_and_the_old_file_serves', async function () {
    await using disk = await smallDisk(this, MIB);
    const store = await openEntries(disk.path);
    // Some 700 KiB, so that a second copy does not fit while single writes do.
    for (let n = 0; n < 900; n += 1) await store.put(entryOf(`e${n}`, n));
    const [before, bytes] = [store.all(), await readFile(join(disk.path, 'entries.db'))];
    await assert.rejects(store.compact(), FULL);
    assert.deepEqual(await readdir(disk.path), ['entries.db']);
    assert.deepEqual(await readFile(join(disk.path, 'entries.db')), bytes);
    await store.put(entryOf('one-more', 7));
    await store.close();
    const after = [...before, entryOf('one-more', 7)];
    const reopened = await openEntries(disk.path);
    assert.deepEqual(reopened.all(), after);
    assert.deepEqual(await readdir(disk.path), ['entries.db']);
    await reopened.close();
  });

  it('GIVEN_full_disk_WHEN_uploading_THEN_refused_and_nothing_left_and_on_again_with_room', async function () {
    await using disk = await smallDisk(this, MIB);
    const blobs = await openBlobStore({ path: join(disk.path, 'b'), tempPath: join(disk.path, 't'), log: silentLog });
    const upload = (sizeBytes: number, fill: string) =>
      blobs.put(Readable.from([Buffer.alloc(sizeBytes, fill)]), {
        maxBytes: 1e9,
        signal: new AbortController().signal,
      });
    const kept = await upload(300_000, 'a');
    await assert.rejects(upload(800_000, 'b'), FULL);
    await disk.fill();
    await assert.rejects(upload(10_000, 'c'), FULL);
    await assert.rejects(upload(300_000, 'a'), FULL, 'a second copy of a blob');
    assert.deepEqual(await readdir(join(disk.path, 't')), []);
    assert.deepEqual((await blobs.list()).length, 1);
    assert.equal(await blobs.verify(kept.digest), 'whole');
    await disk.makeRoom();
    const later = await upload(10_000, 'c');
    assert.equal(await blobs.verify(later.digest), 'whole');
  });

  it('GIVEN_full_disk_WHEN_opening_a_folder_in_use_before_THEN_it_opens_and_a_new_one_is_refused', async function () {
    await using disk = await smallDisk(this, MIB);
    const path = join(disk.path, 'data');
    const open = (at: string) => openDataFolder({ path: at, log: silentLog, clock: systemClock });
    await (await open(path)).close();
    await disk.fill();
    await (await open(path)).close();
    await assert.rejects(open(join(disk.path, 'new')), FULL);
    await assert.rejects(writeFileDurably(join(path, 'instanceId'), 'x'.repeat(5_000)), FULL);
    assert.equal((await readFile(join(path, 'instanceId'), 'utf8')).length, 37);
    await disk.makeRoom();
    await (await open(join(disk.path, 'new'))).close();
  });
});
