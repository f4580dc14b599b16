import assert from 'node:assert/strict';
import { killRegistryRepeatedly } from './killed-registry';

describe('a process that works on the registry is killed', () => {
  it('GIVEN_uploads_moves_and_deletions_WHEN_kill_9_20_times_THEN_nothing_acknowledged_is_lost_or_doubled', async function () {
    this.timeout(300_000);
    assert.ok((await killRegistryRepeatedly(20)) > 100);
  });
});
