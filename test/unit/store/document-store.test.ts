import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder';
import { type Note, openNotes } from './note';

const note = (_id: string, body: Note['body'] = null): Note => ({ _id, body });

describe('document store', () => {
  it('keeps what was acknowledged for the next opening', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    await store.insert(note('a', 1));
    await store.put(note('b', 2));
    await store.put(note('a', 3));
    await store.insert(note('c', 4));
    assert.equal(await store.delete('b'), true);
    assert.equal(await store.delete('b'), false);
    await store.close();
    const reopened = await openNotes(folder.path);
    assert.deepEqual(reopened.all(), [note('a', 3), note('c', 4)]);
    assert.deepEqual(reopened.get('c'), note('c', 4));
    assert.equal(reopened.get('b'), undefined);
    await reopened.close();
  });

  it('shows a write only once it is acknowledged', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    const writing = store.put(note('a'));
    assert.equal(store.get('a'), undefined);
    await writing;
    assert.deepEqual(store.get('a'), note('a'));
    await store.close();
  });

  it('applies writes in the order of the calls, whoever waits for them', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    const outcomes = await Promise.allSettled([
      store.insert(note('a', 1)),
      store.insert(note('a', 2)),
      store.delete('a'),
      store.insert(note('a', 3)),
      store.put(note('a', 4)),
      store.delete('b'),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code)),
      [undefined, 'INVALID_INPUT', true, undefined, undefined, false],
    );
    assert.deepEqual(store.all(), [note('a', 4)]);
    await store.close();
    const reopened = await openNotes(folder.path);
    assert.deepEqual(reopened.all(), [note('a', 4)]);
    await reopened.close();
  });

  it('hands out documents that nobody can change', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    const mine = { _id: 'a', body: { list: [1] } };
    await store.put(mine);
    mine.body.list.push(2);
    assert.deepEqual(store.get('a'), note('a', { list: [1] }));
    assert.ok(Object.isFrozen(store.all()));
    assert.throws(() => Object.assign(store.get('a')?.body as object, { list: [] }), TypeError);
    await store.close();
  });

  it('gives the same array until the next write, in the order of the ids', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    for (const id of ['b', '10', '9', 'A', 'a']) await store.put(note(id));
    const before = store.all();
    assert.deepEqual(
      before.map(({ _id }) => _id),
      ['10', '9', 'A', 'a', 'b'],
    );
    assert.equal(store.all(), before);
    await store.delete('a');
    assert.notEqual(store.all(), before);
    await store.close();
  });

  for (const { name, body } of [
    { name: 'line ends of every kind', body: 'a\nb\r\nc\u0085d\u2028e\u2029f\vg\fh' },
    { name: 'text outside ASCII, also half of a pair', body: 'Größe 模型 🌡 \ud83c \u0000\u007f' },
    { name: 'keys with dots, as metrics have', body: { 'val.loss': 1, 'a.b.c': { 'd.e': 2 } } },
    { name: 'keys of nedb itself', body: { $set: 1, $$date: 2, $$deleted: true, $$indexCreated: { fieldName: 'x' } } },
    { name: 'keys that look escaped', body: { '%2E': 1, '%': 2, '%25': 3, '%24x': 4, '%5F_proto__': 5 } },
    {
      name: 'the names every object has',
      body: JSON.parse('{"__proto__":{"x":1},"constructor":2,"hasOwnProperty":3}'),
    },
    { name: 'an _id inside', body: { _id: 'b', nested: [{ _id: 1 }] } },
    { name: 'extreme numbers', body: [0, 1e308, 5e-324, -1.5, 2 ** 53] },
    { name: 'a long text', body: 'x'.repeat(300_000) },
    { name: 'nothing', body: null },
  ]) {
    it(`gives back exactly: ${name}`, async () => {
      await using folder = await temporaryFolder();
      const store = await openNotes(folder.path);
      await store.put(note('a.b $1', body));
      assert.deepEqual(store.get('a.b $1'), note('a.b $1', body));
      await store.close();
      for (const round of ['as appended', 'as compacted']) {
        const reopened = await openNotes(folder.path);
        assert.deepEqual(reopened.get('a.b $1'), note('a.b $1', body), round);
        await reopened.compact();
        await reopened.close();
      }
    });
  }

  for (const { name, document } of [
    { name: 'without an id', document: { body: 1 } },
    { name: 'with an empty id', document: { _id: '', body: 1 } },
    { name: 'with a number as id', document: { _id: 1, body: 1 } },
    { name: 'with the id __proto__', document: { _id: '__proto__', body: 1 } },
    { name: 'of another kind', document: { _id: 'a', corpus: 1 } },
  ]) {
    it(`refuses a document ${name}, and goes on`, async () => {
      await using folder = await temporaryFolder();
      const store = await openNotes(folder.path);
      await assert.rejects(store.put(document as unknown as Note), { code: 'INVALID_INPUT' });
      await assert.rejects(store.insert(document as unknown as Note), { code: 'INVALID_INPUT' });
      await store.put(note('a'));
      assert.deepEqual(store.all(), [note('a')]);
      await store.close();
    });
  }

  it('refuses what could not be read back, although it could be written', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    await assert.rejects(store.put({ _id: 'a' } as unknown as Note), { code: 'INVALID_INPUT' });
    await store.close();
    assert.equal((await stat(join(folder.path, 'notes.db'))).size, 0);
  });

  it('compacts to one line per document, and by itself when most lines are history', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    const lineCount = async (): Promise<number> =>
      (await readFile(join(folder.path, 'notes.db'), 'utf8')).split('\n').length - 1;
    for (let n = 0; n < 3; n += 1) await store.put(note('a', n));
    assert.equal(await lineCount(), 3);
    await store.compact();
    assert.equal(await lineCount(), 1);
    await Promise.all(Array.from({ length: 1_500 }, (_, n) => store.put(note(`${n % 5}`, n))));
    await store.close();
    assert.ok((await lineCount()) < 100, `${await lineCount()} lines`);
    const reopened = await openNotes(folder.path);
    assert.deepEqual(
      reopened.all().map(({ body }) => body),
      [1495, 1496, 1497, 1498, 1499, 2],
    );
    await reopened.close();
  });

  it('finishes the writes under way when it is closed, and refuses later ones', async () => {
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    const writing = store.put(note('a'));
    await Promise.all([store.close(), store.close()]);
    await writing;
    await assert.rejects(store.put(note('b')), { code: 'STORAGE_FAILED' });
    await assert.rejects(store.compact(), { code: 'STORAGE_FAILED' });
    assert.deepEqual(store.all(), [note('a')]);
  });

  it('keeps its file from other users', async function () {
    if (process.platform === 'win32') this.skip();
    await using folder = await temporaryFolder();
    const store = await openNotes(folder.path);
    await store.put(note('a'));
    await store.compact();
    await store.close();
    assert.equal((await stat(join(folder.path, 'notes.db'))).mode & 0o777, 0o600);
  });
});
