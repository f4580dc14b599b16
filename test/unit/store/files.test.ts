import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManagementError } from '../../../lib/errors';
import { ensureFolder, readEnd, storageError, writeFileDurably } from '../../../lib/files';
import { temporaryFolder } from '../../support/temporary-folder';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('files', () => {
  it('writes a new file and replaces an old one, leaving nothing else', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    await writeFileDurably(path, 'one');
    await writeFileDurably(path, Buffer.from('two'));
    assert.equal(await readFile(path, 'utf8'), 'two');
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder.path), ['file']);
  });

  it('keeps the old file and leaves nothing behind when it fails', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'taken', 'in'), { recursive: true });
    await assert.rejects(writeFileDurably(join(folder.path, 'taken'), 'one'), { code: 'STORAGE_FAILED' });
    await assert.rejects(writeFileDurably(join(folder.path, 'absent', 'file'), 'one'), { code: 'STORAGE_FAILED' });
    assert.deepEqual(await readdir(folder.path, { recursive: true }), ['taken', join('taken', 'in')]);
  });

  it('lets many writers of one file end with the whole text of one of them', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(10_000));
    await Promise.all(texts.map((text) => writeFileDurably(path, text)));
    assert.ok(texts.includes(await readFile(path, 'utf8')));
    assert.deepEqual(await readdir(folder.path), ['file']);
  });

  it('reads the end of a file, however large it is', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'file');
    for (const text of ['', 'short']) {
      await writeFile(path, text);
      assert.equal(await readEnd(path, 100), text);
    }
    // Sparse: more than could be read as one text.
    await truncate(path, 8_589_934_592);
    await appendFile(path, 'MemoryError\n');
    assert.equal(await readEnd(path, 12), 'MemoryError\n');
    await assert.rejects(readEnd(join(folder.path, 'absent'), 12), { code: 'ENOENT' });
  });

  it('makes folders with their parents, twice without harm, and never over a file', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a', 'b', 'c');
    await Promise.all([ensureFolder(path), ensureFolder(path)]);
    await ensureFolder(path);
    assert.ok((await stat(path)).isDirectory());
    await writeFile(join(folder.path, 'file'), '');
    await assert.rejects(ensureFolder(join(folder.path, 'file')), { code: 'STORAGE_FAILED' });
  });

  for (const { error, code } of [
    { error: systemError('ENOSPC'), code: 'STORAGE_FULL' },
    { error: systemError('EDQUOT'), code: 'STORAGE_FULL' },
    { error: systemError('EIO'), code: 'STORAGE_FAILED' },
    { error: new Error('no code'), code: 'STORAGE_FAILED' },
    { error: 'a text', code: 'STORAGE_FAILED' },
    { error: new ModelManagementError('ABORTED', '', ''), code: 'ABORTED' },
  ]) {
    it(`tells ${String(error)} as ${code}`, () => {
      assert.equal(storageError(error, 'writing').code, code);
    });
  }
});
