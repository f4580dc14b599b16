import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, silentLog } from '../../../lib/log';
import { frameLine } from '../../../lib/store/document-line';
import { temporaryFolder } from '../../support/temporary-folder';
import { type Note, openNotes } from './note';

const a: Note = { _id: 'a', body: 'first' };
const b: Note = { _id: 'b', body: { 'x.y': 'zweite Größe' } };
const lineOf = (document: unknown): string => `${frameLine(JSON.stringify(document))}\n`;
const whole = lineOf({ _id: 'a', body: 'first' }) + lineOf({ _id: 'b', body: { 'x%2Ey': 'zweite Größe' } });

async function open(path: string, log?: Log): Promise<readonly Note[]> {
  const store = await openNotes(path, log);
  await store.close();
  return store.all();
}

describe('data file of documents', () => {
  it('reads what the test writes', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'notes.db'), whole);
    assert.deepEqual(await open(folder.path), [a, b]);
  });

  it('refuses every single flipped bit, and leaves the file as it is', async function () {
    this.timeout(60_000);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'notes.db');
    const good = Buffer.from(whole);
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, bad);
      await assert.rejects(open(folder.path), { code: 'STORAGE_CORRUPT' }, `bit ${bit}`);
      assert.deepEqual(await readFile(path), bad);
    }
  });

  it('cuts a last line torn at any byte, logs it, and takes writes again', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'notes.db');
    const firstBytes = lineOf(a).length;
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(path, whole.slice(0, length));
      const events: string[] = [];
      const log: Log = { ...silentLog, warn: (event) => events.push(event), child: () => log };
      const expected = length < firstBytes ? [] : length < whole.length ? [a] : [a, b];
      assert.deepEqual(await open(folder.path, log), expected, `${length} bytes`);
      const isTorn = ![0, firstBytes, whole.length].includes(length);
      assert.equal(events.length, isTorn ? 1 : 0, `${length} bytes: ${events}`);
      const store = await openNotes(folder.path);
      await store.put({ _id: 'c', body: null });
      await store.close();
      assert.deepEqual(await open(folder.path), [...expected, { _id: 'c', body: null }]);
    }
  });

  for (const { name, bytes, message } of [
    {
      name: 'a line in the middle that is cut',
      bytes: `${whole.slice(0, 30)}\n${whole}`,
      message: /notes\.db, line 1,/,
    },
    { name: 'an empty line', bytes: `${lineOf(a)}\n${lineOf(b)}`, message: /line 2,/ },
    { name: 'a line of another program', bytes: `${whole}{"_id":"c"}\n`, message: /line 3,.*length and a checksum/ },
    { name: 'other line ends', bytes: whole.replaceAll('\n', '\r\n'), message: /line 1,/ },
    { name: 'zeroes in the middle', bytes: `${lineOf(a)}${'\0'.repeat(40)}\n${lineOf(b)}`, message: /line 2,/ },
    {
      name: 'a last line whose line end is another byte',
      bytes: `${whole.slice(0, -1)}\u000b`,
      message: /line 2,.*line end/,
    },
    { name: 'a line that is no object', bytes: lineOf(7), message: /line 1,.*no document/ },
    { name: 'a line without _id', bytes: lineOf({ body: 1 }), message: /line 1,.*no document/ },
    { name: 'a document that does not fit', bytes: whole + lineOf({ _id: 'c' }), message: /line 3,.*"c" does not fit/ },
  ]) {
    it(`refuses ${name}, naming file and line and what to do`, async () => {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, 'notes.db'), bytes);
      await assert.rejects(open(folder.path), (error: { code: string; message: string; hint: string }) => {
        assert.equal(error.code, 'STORAGE_CORRUPT');
        assert.match(error.message, message);
        assert.match(error.hint, /restore notes\.db from a backup/);
        return true;
      });
      assert.equal(await readFile(join(folder.path, 'notes.db'), 'latin1'), Buffer.from(bytes).toString('latin1'));
    });
  }

  it('cuts blocks that the file system had reserved and not written', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'notes.db'), whole + '\0'.repeat(5_000));
    assert.deepEqual(await open(folder.path), [a, b]);
    assert.equal(await readFile(join(folder.path, 'notes.db'), 'latin1'), whole.replaceAll('ö', '\\u00f6'));
  });

  it('forgets deleted documents and reads a document that came back', async () => {
    await using folder = await temporaryFolder();
    const gone = lineOf({ $$deleted: true, _id: 'a' });
    await writeFile(join(folder.path, 'notes.db'), whole + gone);
    assert.deepEqual(await open(folder.path), [b]);
    await writeFile(join(folder.path, 'notes.db'), whole + gone + lineOf({ _id: 'a', body: 2 }));
    assert.deepEqual(await open(folder.path), [{ _id: 'a', body: 2 }, b]);
  });

  for (const { name, file, copy, expected } of [
    { name: 'a copy cut in the middle beside the file', file: whole, copy: whole.slice(0, 40), expected: [a, b] },
    { name: 'a whole copy beside the file', file: whole, copy: lineOf(a), expected: [a, b] },
    { name: 'an empty copy beside the file', file: whole, copy: '', expected: [a, b] },
    { name: 'a copy beside an empty file', file: '', copy: whole, expected: [] },
    { name: 'a copy without the file', file: undefined, copy: whole, expected: 'STORAGE_CORRUPT' },
    { name: 'an empty copy without the file', file: undefined, copy: '', expected: 'STORAGE_CORRUPT' },
    { name: 'neither', file: undefined, copy: undefined, expected: [] },
  ]) {
    it(`GIVEN_compaction_interrupted_WHEN_there_is_${name.replaceAll(' ', '_')}_THEN_no_copy_passes_for_data`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'notes.db');
      if (file !== undefined) await writeFile(path, file);
      if (copy !== undefined) await writeFile(`${path}~`, copy);
      if (expected === 'STORAGE_CORRUPT') {
        await assert.rejects(open(folder.path), { code: 'STORAGE_CORRUPT', message: /notes\.db is missing/ });
        assert.deepEqual(await readdir(folder.path), ['notes.db~']);
        await rm(`${path}~`);
        return;
      }
      assert.deepEqual(await open(folder.path), expected);
      assert.deepEqual(await readdir(folder.path), ['notes.db']);
    });
  }

  it('notices at compaction that the disk has lost what it held, and goes on with what it knows', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'notes.db');
    const store = await openNotes(folder.path);
    await store.put(a);
    await store.put(b);
    const damaged = (await readFile(path, 'latin1')).replace('first', 'worst');
    await writeFile(path, damaged);
    await assert.rejects(store.compact(), { code: 'STORAGE_CORRUPT', message: /notes\.db, line 1,/ });
    assert.equal(await readFile(path, 'latin1'), damaged);
    assert.deepEqual(await readdir(folder.path), ['notes.db']);
    await store.put({ _id: 'c', body: 1 });
    assert.deepEqual(store.get('a'), a);
    await store.close();
    await assert.rejects(open(folder.path), { code: 'STORAGE_CORRUPT', hint: /delete that line/ });
    await writeFile(path, (await readFile(path, 'latin1')).split('\n').slice(1).join('\n'));
    assert.deepEqual(await open(folder.path), [b, { _id: 'c', body: 1 }]);
  });

  it('takes no more writes when something else changes the file, and says so', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'notes.db');
    const store = await openNotes(folder.path);
    await store.put(a);
    await store.put(b);
    await rm(path);
    await assert.rejects(store.put({ _id: 'c', body: 1 }), { code: 'STORAGE_FAILED', message: /takes no more writes/ });
    await assert.rejects(store.delete('a'), { code: 'STORAGE_FAILED' });
    await assert.rejects(store.compact(), { code: 'STORAGE_FAILED' });
    assert.deepEqual(store.all(), [a, b]);
    await store.close();
  });
});
