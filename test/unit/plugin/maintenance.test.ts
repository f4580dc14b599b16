import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { silentLog } from '../../../lib/log';
import { scheduleGarbageCollection } from '../../../plugins/model-management/runtime/maintenance';

const DAY_MS = 24 * 3_600_000;

/** Lets what the timers began come to its end. */
async function pass(durationMs: number): Promise<void> {
  mock.timers.tick(durationMs);
  await new Promise((resolve) => setImmediate(resolve));
}

describe('scheduled garbage collection', () => {
  let collectedCount = 0;
  const registry = {
    collectGarbage: async () => {
      collectedCount++;
      return { count: 0, bytes: 0 };
    },
  };

  beforeEach(() => {
    collectedCount = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('comes after ten minutes, then once a day', async () => {
    const stop = scheduleGarbageCollection(registry, silentLog);
    await pass(10 * 60_000);
    assert.equal(collectedCount, 1);
    await pass(DAY_MS);
    assert.equal(collectedCount, 2);
    stop();
  });

  it('never runs on a registry that is closed: it would not know what has been written since', async () => {
    const stop = scheduleGarbageCollection(registry, silentLog);
    stop();
    await pass(2 * DAY_MS);
    assert.equal(collectedCount, 0);
  });

  it('does not begin again when it is stopped while it collects', async () => {
    const stop = scheduleGarbageCollection(registry, silentLog);
    mock.timers.tick(10 * 60_000);
    stop();
    await pass(0);
    await pass(2 * DAY_MS);
    assert.equal(collectedCount, 1);
  });
});
