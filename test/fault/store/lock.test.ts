import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import { silentLog } from '../../../lib/log';
import { type DataFolder, openBlobStore, openDataFolder } from '../../../lib/store';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';
import { type StoreProgram, storeProgram } from './store-process';

const open = (path: string): Promise<DataFolder> => openDataFolder({ path, log: silentLog, clock: systemClock });

describe('two processes and one data folder', () => {
  let program: StoreProgram;
  before(async () => {
    program = await storeProgram();
  });
  after(() => program[Symbol.asyncDispose]());

  it('GIVEN_folder_held_by_a_process_WHEN_another_opens_it_THEN_refused_in_words_until_kill_9', async () => {
    await using folder = await temporaryFolder();
    await using holder = program.start(['hold', folder.path]);
    await waitFor(() => holder.output().includes('held'), { what: 'the folder held' });
    for (const _ of ['first', 'again']) {
      await assert.rejects(open(folder.path), {
        code: 'DATA_DIR_LOCKED',
        message: /in use by another Node-RED/,
        hint: /set modelManagement\.dataDir/,
      });
    }
    // Nothing but our own words: no warning that node:sqlite is experimental.
    assert.equal(holder.output(), 'held\n');
    await holder.kill();
    await (await open(folder.path)).close();
  });

  it('GIVEN_folder_held_here_WHEN_a_process_opens_it_THEN_it_is_refused_and_we_keep_it', async () => {
    await using folder = await temporaryFolder();
    const ours = await open(folder.path);
    await using second = program.start(['hold', folder.path]);
    await second.ended();
    assert.match(second.output(), /in use by another Node-RED/);
    await using third = program.start(['hold', folder.path]);
    await third.ended();
    assert.match(third.output(), /in use by another Node-RED/);
    await ours.close();
  });

  it('GIVEN_process_receiving_an_upload_WHEN_kill_9_THEN_nothing_of_it_is_left', async () => {
    await using folder = await temporaryFolder();
    await using uploading = program.start(['upload', folder.path, '1000000']);
    await waitFor(() => uploading.output().includes('sent'), { what: 'the upload begun' });
    await waitFor(async () => (await readdir(join(folder.path, 'temp'))).length === 1);
    await uploading.kill();
    const ours = await open(folder.path);
    const blobs = await openBlobStore({ path: ours.blobsPath, tempPath: ours.tempPath, log: silentLog });
    assert.deepEqual(await readdir(ours.tempPath), []);
    assert.deepEqual(await blobs.list(), []);
    await ours.close();
  });
});
