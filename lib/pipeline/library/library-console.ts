import { Console } from 'node:console';
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
  const write = (chunk: unknown): void => {
    const text = String(chunk).replace(/\n$/, '');
    onLine({ level, text: withoutForeignFrames(text, maxLineLength, name) });
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
        onLine({ level, text: 'a value that cannot be shown' });
      }
    };
  }
  return api;
}
