import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLog } from '../../../lib/log';
import { openDocumentStore } from '../../../lib/store';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';
import { entryOf, parseEntry } from './entry';
import { killWriterRepeatedly } from './killed-writer';
import { type StoreProgram, storeProgram } from './store-process';

describe('a process that writes documents is killed', () => {
  let program: StoreProgram;
  before(async () => {
    program = await storeProgram();
  });
  after(() => program[Symbol.asyncDispose]());

  it('GIVEN_writing_process_WHEN_kill_9_20_times_THEN_no_acknowledged_write_is_lost', async function () {
    this.timeout(120_000);
    assert.ok((await killWriterRepeatedly(program, 20)) > 400);
  });

  it('GIVEN_compacting_process_WHEN_kill_9_during_compaction_THEN_all_documents_are_there', async function () {
    this.timeout(120_000);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'entries.db');
    const entries = Array.from({ length: 500 }, (_, n) => entryOf(`e${n}`, n));
    let interruptedCount = 0;
    for (let round = 0; round < 10; round += 1) {
      await using compacting = program.start(['compact', folder.path, String(entries.length)]);
      await waitFor(() => compacting.output().includes('filled'), { what: compacting.output() });
      while (!existsSync(`${path}~`)) await nextTurn();
      await compacting.kill();
      if (existsSync(`${path}~`)) interruptedCount += 1;
      const store = await openDocumentStore({ path: folder.path, name: 'entries', log: silentLog, parse: parseEntry });
      await store.close();
      assert.deepEqual(
        [...store.all()].sort((a, b) => a.n - b.n),
        entries,
      );
      assert.equal(existsSync(`${path}~`), false);
    }
    assert.ok(interruptedCount > 0, 'no kill fell into a compaction');
  });
});
