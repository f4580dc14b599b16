import type { LibraryName } from '../../ids';
import { invalidLibrary } from './faults';
import type { Sandbox } from './sandbox';

export type Callable = (...values: unknown[]) => unknown;

export interface LibraryInstance {
  /** `this` of `exec`. */
  readonly instance: object;
  readonly exec: Callable;
}

/**
 * Runs the source and makes the library's instance. Both forms: CommonJS, and the original's global constructor of the
 * library's name.
 * @throws {ModelManagementError} `INVALID_LIBRARY`; else what the source throws
 */
export function instantiate(name: LibraryName, sandbox: Sandbox, source: string): LibraryInstance {
  const { exported, isExported } = sandbox.run(source);
  const declared = isExported ? exported : sandbox.lookUp(name);
  if (declared === undefined || declared === null) {
    throw invalidLibrary(name, {
      message: `It neither declares a constructor ${name} nor sets module.exports to an object with exec or a function.`,
    });
  }
  if (typeof declared === 'function' && isConstructor(declared, name, isExported)) {
    return withExec(name, Reflect.construct(declared, []));
  }
  if (isExported && typeof declared === 'function' && typeof Reflect.get(declared, 'exec') !== 'function') {
    return { instance: declared, exec: declared as Callable };
  }
  return withExec(name, declared);
}

/** A function that is exported is `exec` itself, unless it makes instances that have one. */
function isConstructor(declared: object, name: LibraryName, isExported: boolean): boolean {
  const prototype: unknown = Reflect.get(declared, 'prototype');
  if (typeof prototype !== 'object' || prototype === null) return false;
  if (!isExported || typeof Reflect.get(prototype, 'exec') === 'function') return true;
  const text = Function.prototype.toString.call(declared);
  return text.startsWith('class') || (Reflect.get(declared, 'name') === name && /\bthis\.exec\b/.test(text));
}

function withExec(name: LibraryName, instance: unknown): LibraryInstance {
  const isObject = (typeof instance === 'object' || typeof instance === 'function') && instance !== null;
  const exec: unknown = isObject ? Reflect.get(instance, 'exec') : undefined;
  if (isObject && typeof exec === 'function') return { instance, exec: exec as Callable };
  throw invalidLibrary(name, { message: 'It has no function exec.' });
}
