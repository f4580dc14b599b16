import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogReport } from '../wire/control-messages';
import { cells, REPORT_FD, type WatchdogData } from '../wire/watchdog-cells';

/*
 * A thread of every engine process. A call of the runtime is synchronous: while it hangs, the main thread sees neither
 * the end of its parent nor the clock. This thread sees both, says why on the report pipe, and ends the process.
 */

const LONGEST_TICK_MS = 200;
const SHORTEST_TICK_MS = 10;

function endProcess(report?: WatchdogReport): void {
  try {
    if (report) writeSync(REPORT_FD, `${JSON.stringify(report)}\n`);
  } finally {
    // Not process.exit: that waits for the main thread, which may never come back.
    process.kill(process.pid, 'SIGKILL');
  }
}

function hasParent(parentPid: number): boolean {
  if (process.platform !== 'win32') return process.ppid === parentPid;
  try {
    return process.kill(parentPid, 0);
  } catch {
    return false;
  }
}

function watch({ shared, parentPid }: WatchdogData): void {
  const state = new Int32Array(shared);
  const read = (cell: number): number => Atomics.load(state, cell);
  let seenRun = 0;
  let seenAtMs = 0;
  Atomics.store(state, cells.online, 1);
  Atomics.notify(state, cells.online);
  for (;;) {
    const timeoutMs = read(cells.timeoutMs);
    const tickMs = timeoutMs > 0 ? Math.max(SHORTEST_TICK_MS, Math.min(LONGEST_TICK_MS, timeoutMs / 5)) : 50;
    Atomics.wait(state, cells.online, 1, tickMs);
    if (!hasParent(parentPid)) endProcess();
    const run = read(cells.runCount);
    const requestId = read(cells.requestId);
    if (run !== seenRun) {
      seenRun = run;
      seenAtMs = performance.now();
    } else if (run % 2 !== 0 && timeoutMs > 0 && performance.now() - seenAtMs > timeoutMs) {
      // An odd count is a call that began and has not ended; read twice so that the id belongs to this very call.
      if (read(cells.runCount) === run) endProcess({ why: 'timeout', requestId: requestId >>> 0 });
    }
    const limitMiB = read(cells.memoryLimitMiB);
    if (limitMiB > 0) {
      const residentBytes = process.memoryUsage.rss();
      const limitBytes = limitMiB * 1024 * 1024;
      if (residentBytes > limitBytes) endProcess({ why: 'memory', residentBytes, limitBytes });
    }
  }
}

watch(workerData as WatchdogData);
