import { inspect, types } from 'node:util';
import { ModelManagementError } from '../../errors';
import type { LibraryName } from '../../ids';
import { withTimeLimit } from './time-limit';
import type { LibraryError } from './types';

const maxMessageLength = 1_000;
/** For what a thrown value may run when it is looked at: getters, proxies. */
const describeTimeoutMs = 1_000;

export interface Fault {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** The name a library's source has in stacks. */
export function sourceFile(name: LibraryName): string {
  return `${name}.js`;
}

/** Whether the error is of this package. A look at what a library threw may run code of it. */
export function isOwnError(name: LibraryName, thrown: unknown): thrown is ModelManagementError {
  try {
    return withTimeLimit(
      describeTimeoutMs,
      name,
      () => types.isNativeError(thrown) && thrown instanceof ModelManagementError,
    );
  } catch {
    return false;
  }
}

/** What a library threw, whatever it is: an error of any realm, a text, null, an object that throws when it is read. */
export function describeThrown(name: LibraryName, thrown: unknown): Fault {
  try {
    return withTimeLimit(describeTimeoutMs, name, () => readThrown(name, thrown));
  } catch {
    return { message: 'something was thrown that cannot be shown' };
  }
}

function readThrown(name: LibraryName, thrown: unknown): Fault {
  if (!types.isNativeError(thrown))
    return { message: `threw ${withoutForeignFrames(inspect(thrown, { depth: 2 }), maxMessageLength)}` };
  const { name: kind, message, stack } = thrown;
  // A module that is not found tells the files that asked for it.
  const [words = ''] = String(message).split('\nRequire stack:', 1);
  const text = kind === 'Error' ? words : `${String(kind)}: ${words}`;
  const [, line, column] = placePattern(name).exec(String(stack)) ?? [];
  return { message: cut(text || 'an error without a message'), ...place(line, column) };
}

/** A source that cannot be compiled: the line stands first in the stack, the column is where the carets begin. */
export function describeSyntaxError(name: LibraryName, error: unknown): Fault {
  if (!types.isNativeError(error)) return describeThrown(name, error);
  const lines = String(error.stack).split('\n');
  const [, line] = new RegExp(`^${sourceFile(name)}:(\\d+)$`).exec(lines[0] ?? '') ?? [];
  const carets = lines.find((text) => /^\s*\^+\s*$/.test(text));
  const column = carets === undefined ? '1' : String(carets.indexOf('^') + 1);
  return { message: cut(`${error.name}: ${error.message}`), ...place(line, line && column) };
}

const frame = /\n[ \t]+at [^\n]*:\d+:\d+\)?(?=\n|$)/g;
/** The beginning of a frame, which tells a path as well. */
const openFrame = /\n[ \t]+at [^\n]*$/;

/**
 * A text with stacks in it, cut to a length, without the frames that are not of the library: they hold paths of this
 * machine.
 */
export function withoutForeignFrames(text: string, maxLength: number, name?: LibraryName): string {
  const own = name && placePattern(name);
  const isCut = text.length > maxLength;
  const beginning = isCut ? text.slice(0, maxLength).replace(openFrame, '') : text;
  return beginning.replace(frame, (line) => (own?.test(line) ? line : '')) + (isCut ? '…' : '');
}

function placePattern(name: LibraryName): RegExp {
  return new RegExp(`\\b${sourceFile(name).replace('.', '\\.')}:(\\d+):(\\d+)`);
}

function place(line: string | undefined, column: string | undefined): Pick<Fault, 'line' | 'column'> {
  if (line === undefined) return {};
  return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}

function cut(text: string): string {
  return text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength)}…`;
}

/**
 * The source cannot become a library; `details` has `line` and `column` where they are known. No `cause`, which flows get
 * to see: what a library threw is its own.
 */
export function invalidLibrary(name: LibraryName, { message, ...at }: Fault): ModelManagementError {
  const where = at.line === undefined ? '' : ` Line ${at.line}:`;
  return new ModelManagementError(
    'INVALID_LIBRARY',
    `The library ${name} cannot be used.${where} ${message}`,
    'Mend the source and save it again; until then the revision before stays in use.',
    { details: { library: name, ...at } },
  );
}

/** `exec` threw, or gave what cannot be passed on. No `cause`, as above. */
export function libraryFailed(name: LibraryName, { message, ...at }: Fault): ModelManagementError {
  const where = at.line === undefined ? '' : ` in line ${at.line}`;
  return new ModelManagementError(
    'LIBRARY_FAILED',
    `The library ${name} failed${where}: ${message}`,
    'Mend the library, or send it what it expects.',
    { details: { library: name, ...at } },
  );
}

/** The error as HTTP answers show it. */
export function toLibraryError({ code, message, details }: ModelManagementError): LibraryError {
  const at = { line: details?.['line'], column: details?.['column'] };
  return {
    code,
    message,
    ...(typeof at.line === 'number' ? { line: at.line } : {}),
    ...(typeof at.column === 'number' ? { column: at.column } : {}),
  };
}
