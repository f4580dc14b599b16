import assert from 'node:assert/strict';
import type { AgentDocument, AgentStores } from '../../../lib/edges/agent/agent-documents';
import { OwnBoot } from '../../../lib/edges/agent/own-boot';
import { FakeClock } from '../../support/fake-clock';

/** A disk with one document, which may be full. */
function aDisk(boot: number | undefined) {
  let kept: AgentDocument | undefined = boot === undefined ? undefined : { _id: 'boot', boot };
  const disk = { isFull: false, boot: () => (kept?._id === 'boot' ? kept.boot : undefined) };
  const agent = {
    get: () => kept,
    put: async (document: AgentDocument) => {
      if (disk.isFull) throw new Error('full');
      kept = document;
    },
  };
  return { disk, stores: { agent } as unknown as AgentStores };
}

describe('the number of a start of an edge', () => {
  for (const { name, stored, now, expected } of [
    { name: 'the clock, at first', stored: undefined, now: 5_000, expected: 5_000 },
    { name: 'the clock, later', stored: 4_000, now: 5_000, expected: 5_000 },
    { name: 'counted where the clock was set back', stored: 9_000, now: 5_000, expected: 9_001 },
    { name: 'counted where the clock stands', stored: 5_000, now: 5_000, expected: 5_001 },
  ]) {
    it(`is ${name}`, async () => {
      const { disk, stores } = aDisk(stored);
      const boot = new OwnBoot({ stores, clock: new FakeClock(now) }, () => assert.fail('it stays'));
      boot.begin();
      assert.equal(boot.number, expected);
      await boot.keep();
      assert.deepEqual([boot.number, disk.boot()], [expected, expected]);
    });
  }

  for (const { name, stored, now, isAnew } of [
    { name: 'by_the_clock', stored: 4_000, now: 5_000, isAnew: false },
    { name: 'counted', stored: 9_000, now: 5_000, isAnew: true },
  ]) {
    it(`GIVEN_a_full_disk_WHEN_a_number_${name}_is_written_later_THEN_${isAnew ? 'another_start_begins' : 'it_stays'}`, async () => {
      const { disk, stores } = aDisk(stored);
      let changeCount = 0;
      const boot = new OwnBoot({ stores, clock: new FakeClock(now) }, () => {
        changeCount += 1;
      });
      boot.begin();
      const { id, number } = boot;
      disk.isFull = true;
      await assert.rejects(boot.keep());
      await assert.rejects(boot.keep());
      assert.deepEqual([boot.id, boot.number, changeCount], [id, number, 0], 'the same as long as it waits');
      disk.isFull = false;
      await boot.keep();
      assert.deepEqual([boot.id !== id, boot.number > number, changeCount === 1], [isAnew, isAnew, isAnew]);
      assert.equal(disk.boot(), boot.number);
    });
  }
});
