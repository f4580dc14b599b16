import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { LibraryName } from '../../ids';
import { withoutForeignFrames } from './faults';
import type { ConsoleLevel, ConsoleLine } from './types';

const maxLineLength = 10_000;

const levels: Readonly<Record<string, ConsoleLevel>> = {
  error: 'error',
  assert: 'error',
  warn: 'warn',
  trace: 'debug',
  debug: 'debug',
};

/**
 * A `console` for a library: each call gives its text to `onLine`, as Node.js would print it. It never throws.
 *
 * @returns an object without a prototype, so that the library finds nothing of Node-RED's there by accident
 */
export function libraryConsole(name: LibraryName, onLine: (line: ConsoleLine) => void): object {
  let level: ConsoleLevel = 'info';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      const text = withoutForeignFrames(String(chunk).replace(/\n$/, ''), name);
      onLine({ level, text: text.length <= maxLineLength ? text : `${text.slice(0, maxLineLength)}…` });
      done();
    },
  });
  const inner = new Console({ stdout: stream, stderr: stream, colorMode: false, ignoreErrors: true });
  const api: Record<string, unknown> = Object.create(null);
  for (const [key, method] of Object.entries(inner)) {
    if (typeof method !== 'function' || key.startsWith('_')) continue;
    api[key] = (...values: unknown[]): void => {
      level = levels[key] ?? 'info';
      try {
        method.apply(inner, values);
      } catch {
        onLine({ level, text: 'a value that cannot be shown' });
      }
    };
  }
  return api;
}
