import { type RunningLimit, runningLimit } from './time-limit';
import type { ConsoleLine } from './types';

/** Of the lines of one call, up to its first `await`. */
const maxKeptLines = 500;
const maxKeptLength = 100_000;

/**
 * Gives lines on at once, or when the time limit they were written under is over: what stands behind `onLine` is of all
 * of Node-RED, and a log that is left amid a line never writes again.
 */
export function afterLimits(onLine: (line: ConsoleLine) => void): (line: ConsoleLine) => void {
  let limit: RunningLimit | undefined;
  let count = 0;
  let length = 0;
  return (line) => {
    const present = runningLimit();
    if (!present) return onLine(line);
    if (present !== limit) {
      limit = present;
      count = 0;
      length = 0;
    }
    if (count > maxKeptLines) return;
    count += 1;
    length += line.text.length;
    const isKept = count <= maxKeptLines && length <= maxKeptLength;
    if (!isKept) count = maxKeptLines + 1;
    const told: ConsoleLine = isKept ? line : { level: 'warn', text: 'more lines of this call are left out' };
    present.after.push(() => onLine(told));
  };
}
