import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../lib/log';
import { type Migration, settleDataVersion } from '../../../lib/store/data-version';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary-folder';

/** Adds its step to the one document file. */
const migration = (from: number): Migration => ({
  from,
  migrate: async (folder) => {
    const path = join(folder, 'db', 'models.db');
    await writeFile(path, `${await readFile(path, 'utf8')} ${from}to${from + 1}`);
  },
});

const settle = (folder: string, current: number, migrations: readonly Migration[]): Promise<void> =>
  settleDataVersion({ folder, log: silentLog, clock: new FakeClock(), current, migrations });

async function writeOldData(folder: string, version: number): Promise<void> {
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'db', 'models.db'), 'old');
  await writeFile(join(folder, 'dataVersion'), `${version}\n`);
}

describe('data version', () => {
  it('migrates step by step, after a copy of the documents', async () => {
    await using folder = await temporaryFolder();
    await writeOldData(folder.path, 1);
    await settle(folder.path, 3, [migration(2), migration(1)]);
    assert.equal(await readFile(join(folder.path, 'db', 'models.db'), 'utf8'), 'old 1to2 2to3');
    assert.equal(await readFile(join(folder.path, 'dataVersion'), 'utf8'), '3\n');
    assert.deepEqual(await readdir(join(folder.path, 'backups')), ['db-v1-2026-01-01T00-00-00-000Z']);
    const copy = join(folder.path, 'backups', 'db-v1-2026-01-01T00-00-00-000Z', 'models.db');
    assert.equal(await readFile(copy, 'utf8'), 'old');
    await settle(folder.path, 3, []);
    assert.equal((await readdir(join(folder.path, 'backups'))).length, 1);
  });

  it('goes on where a migration failed, and keeps the first copy', async () => {
    await using folder = await temporaryFolder();
    await writeOldData(folder.path, 1);
    const failing: Migration = { from: 2, migrate: () => Promise.reject(new Error('no')) };
    await assert.rejects(settle(folder.path, 3, [migration(1), failing]), /no/);
    assert.equal(await readFile(join(folder.path, 'dataVersion'), 'utf8'), '2\n');
    await settle(folder.path, 3, [migration(1), migration(2)]);
    assert.equal(await readFile(join(folder.path, 'db', 'models.db'), 'utf8'), 'old 1to2 2to3');
    const copies = (await readdir(join(folder.path, 'backups'))).sort();
    assert.deepEqual(
      copies.map((name) => name.slice(0, 5)),
      ['db-v1', 'db-v2'],
    );
    assert.equal(await readFile(join(folder.path, 'backups', copies[0] ?? '', 'models.db'), 'utf8'), 'old');
  });

  it('refuses data that nothing migrates, before it touches them', async () => {
    await using folder = await temporaryFolder();
    await writeOldData(folder.path, 1);
    await assert.rejects(settle(folder.path, 3, [migration(2)]), { code: 'STORAGE_CORRUPT', message: /version 1/ });
    assert.equal(await readFile(join(folder.path, 'db', 'models.db'), 'utf8'), 'old');
    assert.equal(await readFile(join(folder.path, 'dataVersion'), 'utf8'), '1\n');
  });
});
