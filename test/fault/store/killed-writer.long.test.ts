import assert from 'node:assert/strict';
import { killWriterRepeatedly } from './killed-writer';
import { storeProgram } from './store-process';

describe('a process that writes documents is killed, long form', () => {
  it('GIVEN_writing_process_WHEN_kill_9_200_times_THEN_no_acknowledged_write_is_lost', async function () {
    this.timeout(600_000);
    await using program = await storeProgram();
    assert.ok((await killWriterRepeatedly(program, 200)) > 4_000);
  });
});
