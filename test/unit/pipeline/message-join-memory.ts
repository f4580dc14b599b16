import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLog } from '../../../lib/log';
import type { Arrival } from '../../../lib/pipeline/join/round-input';
import { JoinSchema } from '../../../lib/pipeline/join-config';
import { LiveGraph } from '../../../lib/pipeline/live-graph';
import { MessageJoin } from '../../../lib/pipeline/message-join';
import { ServiceSlot } from '../../../lib/service-slot';
import { aNode, aTab } from '../../support/flow-entries';

const originKey = Symbol.for('model-management.origin');

/** Without a flag on the command line, which a test run does not have. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/**
 * Joins `messageCount` messages of two parents and a third that is lost now and then, out of order, and compares the
 * heap a tenth of the way with the end: what a message leaves behind would add up to many times the room that is left.
 */
export function checkJoinMemory(messageCount: number): void {
  const slot = new ServiceSlot<LiveGraph>();
  const entries = [aTab('t'), aNode('a', 'j'), aNode('b', 'j'), aNode('c', 'j'), aNode('j')];
  slot.provide(new LiveGraph(() => entries, silentLog));
  let nowMs = 0;
  let runCount = 0;
  const ends = { ok: 0, failed: 0 };
  const join = new MessageJoin<Arrival>({
    nodeId: 'j',
    parentIds: ['a', 'b', 'c'],
    config: JoinSchema.parse({ timeoutMs: 1_000, parents: [{}, {}, { policy: 'optional' }], optionalWaitMs: 50 }),
    graphs: slot,
    getProperty: (message, path) => message[path],
    copyValue: (shared) => shared,
    copyMessage: (message) => message,
    run: ({ finish }) => {
      runCount += 1;
      finish();
    },
    nowMs: () => nowMs,
  });
  join.start();
  const done = (error?: Error): void => {
    if (error) ends.failed += 1;
    else ends.ok += 1;
  };
  let sentCount = 0;
  const send = (parent: string, run: number): void => {
    sentCount += 1;
    const message = { _msgid: `run-${run}`, payload: { run, filler: [run, run, run] }, [originKey]: parent };
    join.take({ message, done });
  };
  let early = 0;
  for (let run = 0; sentCount < messageCount; run += 1) {
    nowMs += 1;
    send('a', run);
    // Every hundredth result of b is lost, c comes late or never, and b lags behind by twenty runs.
    if (run >= 20 && run % 100 !== 0) send('b', run - 20);
    if (run >= 90 && run % 3 !== 0) send('c', run - 90);
    if (early === 0 && sentCount >= messageCount / 10) early = heapBytes();
  }
  const growth = heapBytes() - early;
  join.close(true);
  assert.equal(ends.ok + ends.failed, sentCount, 'every message has an end');
  assert.ok(ends.failed > 0 && runCount > messageCount / 4);
  assert.ok(growth < 4_000_000, `${growth} bytes more after ${messageCount} messages`);
}
