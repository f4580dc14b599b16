import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../lib/log';
import { type DataFolder, openDataFolder } from '../../../lib/store';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary-folder';

const open = (path: string): Promise<DataFolder> => openDataFolder({ path, log: silentLog, clock: new FakeClock() });

describe('data folder', () => {
  it('is made with all its parts, and keeps its id', async () => {
    await using parent = await temporaryFolder();
    const path = join(parent.path, 'deep', 'er', 'model-management');
    const first = await open(path);
    assert.match(first.instanceId, /^[0-9a-f-]{36}$/);
    for (const part of [first.dbPath, first.blobsPath, first.tempPath, first.keysPath, first.runsPath]) {
      assert.ok((await stat(part)).isDirectory(), part);
    }
    assert.equal(await readFile(join(path, 'dataVersion'), 'utf8'), '1\n');
    await first.close();
    const second = await open(path);
    assert.equal(second.instanceId, first.instanceId);
    await second.close();
  });

  it('keeps keys from other users, also in a folder that was opened up', async function () {
    if (process.platform === 'win32') this.skip();
    await using parent = await temporaryFolder();
    await mkdir(join(parent.path, 'keys'), { mode: 0o755 });
    const folder = await open(parent.path);
    assert.equal((await stat(folder.keysPath)).mode & 0o777, 0o700);
    await folder.close();
  });

  it('is refused while it is held, in this process too, and free after close', async () => {
    await using parent = await temporaryFolder();
    const folder = await open(parent.path);
    for (const _ of ['first', 'again']) {
      await assert.rejects(open(parent.path), { code: 'DATA_DIR_LOCKED', hint: /modelManagement\.dataDir/ });
    }
    await folder.close();
    await folder.close();
    await (await open(parent.path)).close();
  });

  it('removes what crashed uploads and writes have left', async () => {
    await using parent = await temporaryFolder();
    await (await open(parent.path)).close();
    for (const name of ['temp/upload.tmp', '.dataVersion.1.tmp', 'keys/.hub.1.tmp', 'db/.notes.db.1.tmp']) {
      await writeFile(join(parent.path, name), 'half');
    }
    await mkdir(join(parent.path, 'backups', 'db-v0.tmp'), { recursive: true });
    const folder = await open(parent.path);
    assert.deepEqual((await readdir(parent.path, { recursive: true })).sort(), [
      'backups',
      'blobs',
      'dataVersion',
      'db',
      'instanceId',
      'keys',
      'lock.sqlite',
      'runs',
      'temp',
    ]);
    await folder.close();
  });

  for (const { name, files, code, message } of [
    { name: 'data of a newer version', files: { dataVersion: '2\n' }, code: 'DATA_TOO_NEW', message: /data version 2/ },
    {
      name: 'a version that is no number',
      files: { dataVersion: 'one' },
      code: 'STORAGE_CORRUPT',
      message: /dataVersion/,
    },
    { name: 'an empty version', files: { dataVersion: '' }, code: 'STORAGE_CORRUPT', message: /dataVersion/ },
    { name: 'documents without a version', files: { 'db/models.db': '' }, code: 'STORAGE_CORRUPT', message: /missing/ },
    { name: 'an id that is none', files: { instanceId: 'x' }, code: 'STORAGE_CORRUPT', message: /instanceId/ },
    { name: 'a damaged lock', files: { 'lock.sqlite': 'x'.repeat(5_000) }, code: 'STORAGE_CORRUPT', message: /lock/ },
  ]) {
    it(`refuses ${name} in words, changes nothing and frees the lock`, async () => {
      await using parent = await temporaryFolder();
      await mkdir(join(parent.path, 'db'));
      for (const [file, text] of Object.entries(files)) await writeFile(join(parent.path, file), text);
      for (const _ of ['first', 'again']) await assert.rejects(open(parent.path), { code, message });
      for (const [file, text] of Object.entries(files)) {
        assert.equal(await readFile(join(parent.path, file), 'utf8'), text);
      }
    });
  }

  it('refuses a path where a file stands', async () => {
    await using parent = await temporaryFolder();
    await writeFile(join(parent.path, 'file'), '');
    await assert.rejects(open(join(parent.path, 'file')), { code: 'STORAGE_FAILED' });
    await assert.rejects(open(join(parent.path, 'file', 'below')), { code: 'STORAGE_FAILED' });
  });
});
