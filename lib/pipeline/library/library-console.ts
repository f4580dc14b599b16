import { Console } from 'node:console';
import type { LibraryName } from '../../ids';
import { withoutForeignFrames } from './faults';
import { type RunningLimit, runningLimit } from './time-limit';
import type { ConsoleLevel, ConsoleLine } from './types';

const maxLineLength = 10_000;
/** Of the lines of one call, up to its first `await`: they are kept until it is over. */
const maxKeptLines = 500;
const maxKeptLength = 100_000;

const levels: Readonly<Record<string, ConsoleLevel>> = {
  error: 'error',
  assert: 'error',
  warn: 'warn',
  trace: 'debug',
  debug: 'debug',
};

/**
 * A `console` for a library: each call gives its text to `onLine`, as Node.js would print it. Never while a time limit
 * runs: what stands behind `onLine` is of all of Node-RED, and would stay half done. It never throws.
 *
 * @returns an object without a prototype, so that the library finds nothing of Node-RED's there by accident
 */
export function libraryConsole(name: LibraryName, onLine: (line: ConsoleLine) => void): object {
  let level: ConsoleLevel = 'info';
  const tell = afterLimits(onLine);
  const write = (chunk: unknown): void => {
    const text = String(chunk).replace(/\n$/, '');
    tell({ level, text: withoutForeignFrames(text, maxLineLength, name) });
  };
  // No stream: one that is left amid a write never writes again. The console asks for nothing but this function.
  const sink = { write } as unknown as NodeJS.WritableStream;
  const inner = new Console({ stdout: sink, stderr: sink, colorMode: false, ignoreErrors: false });
  const api: Record<string, unknown> = Object.create(null);
  for (const [key, method] of Object.entries(inner)) {
    if (typeof method !== 'function' || key.startsWith('_')) continue;
    api[key] = (...values: unknown[]): void => {
      level = levels[key] ?? 'info';
      try {
        method.apply(inner, values);
      } catch {
        tell({ level, text: 'a value that cannot be shown' });
      }
    };
  }
  return api;
}

/** Gives lines on at once, or when the limit they were written under is over. */
function afterLimits(onLine: (line: ConsoleLine) => void): (line: ConsoleLine) => void {
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
