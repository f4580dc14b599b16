import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, createContext, Script } from 'node:vm';
import type { LibraryName } from '../../ids';
import { describeSyntaxError, invalidLibrary, sourceFile } from './faults';
import { libraryConsole } from './library-console';
import { LibraryTimers } from './library-timers';
import { copyInto, type Realm, realmOf } from './realm';
import { adoptRejections } from './stray-rejections';
import { withTimeLimit } from './time-limit';
import type { ConsoleLine } from './types';

/** What a callback of a timer may take, as a node's call by default. */
const callbackTimeoutMs = 5_000;

export interface SandboxOptions {
  /** What `require` gives; all else is refused. */
  readonly modules: readonly string[];
  /** Folder the modules are looked up from. */
  readonly modulesPath: string;
  /** Called under the time limit, which may end it at any instruction: see `afterLimits`. */
  readonly onLine: (line: ConsoleLine) => void;
  /** Something was thrown where no call is left to fail: in a timer, or in a promise that nobody awaits. */
  readonly onLateFault: (thrown: unknown) => void;
}

/**
 * A JavaScript context of its own for one library: the language, `console`, timers, `Buffer`, `URL`, text coding and
 * `structuredClone`; no `process`, and `require` only for what the settings allow. It keeps mistakes from spreading, it
 * does not hold a hostile author: he has the power of a Function node anyway.
 */
export class Sandbox {
  readonly realm: Realm;
  private readonly globals: object;
  private readonly timers: LibraryTimers;

  constructor(
    private readonly name: LibraryName,
    private readonly options: SandboxOptions,
  ) {
    this.timers = new LibraryTimers((work) => {
      try {
        withTimeLimit(callbackTimeoutMs, name, work);
      } catch (thrown) {
        options.onLateFault(thrown);
      }
    });
    this.globals = createContext(constants.DONT_CONTEXTIFY, { name });
    this.realm = realmOf(this.globals);
    adoptRejections((this.realm['Promise'] as PromiseConstructor).prototype, options.onLateFault);
    const { realm } = this;
    const given: Record<string, unknown> = {
      ...this.timers.globals,
      console: libraryConsole(name, options.onLine),
      Buffer,
      URL,
      URLSearchParams,
      TextDecoder,
      TextEncoder,
      structuredClone: (value: unknown, cloning?: StructuredSerializeOptions) =>
        copyInto(realm, structuredClone(value, cloning)),
      require: (id: unknown) => this.require(id),
      // Their callbacks would run, and throw, outside of every guard.
      FinalizationRegistry: undefined,
    };
    for (const [key, value] of Object.entries(given)) {
      Object.defineProperty(this.globals, key, { value, configurable: true, writable: true });
    }
  }

  /**
   * Runs the source as a script: its functions and classes become globals, `module.exports` is what it exports.
   * @throws {ModelManagementError} `INVALID_LIBRARY` when it cannot be compiled; else what it throws
   */
  run(source: string): { readonly exported: unknown; readonly isExported: boolean } {
    const script = compile(this.name, source);
    const exports = new this.realm.Object();
    const module = Object.assign(new this.realm.Object(), { exports });
    for (const [key, value] of Object.entries({ module, exports })) {
      Object.defineProperty(this.globals, key, { value, configurable: true, writable: true });
    }
    script.runInContext(this.globals, { displayErrors: false });
    const exported: unknown = module.exports;
    return { exported, isExported: exported !== exports || Object.keys(exports).length > 0 };
  }

  /** A global of the source, also one declared with `class`, `const` or `let`; undefined when there is none. */
  lookUp(name: LibraryName): unknown {
    return new Script(`typeof ${name} === 'undefined' ? undefined : ${name}`).runInContext(this.globals);
  }

  /** Stops all timers. */
  dispose(): void {
    this.timers.dispose();
  }

  private require(id: unknown): unknown {
    const { modules } = this.options;
    const known = modules.find((module) => module === id || `node:${module}` === id || module === `node:${String(id)}`);
    if (known !== undefined) return this.load(String(id));
    throw new this.realm.Error(
      `the module ${JSON.stringify(id)} is not allowed: modelManagement.libraries.modules in settings.js has to list it`,
    );
  }

  /** Node.js tells paths of this machine where a module, or one that it needs, cannot be found. */
  private load(id: string): unknown {
    try {
      return createRequire(join(this.options.modulesPath, 'library.js'))(id);
    } catch (error) {
      const { code } = Object(error) as { readonly code?: unknown };
      if (typeof code !== 'string' || !/^(?:MODULE_NOT_FOUND|ERR_\w+)$/.test(code)) throw error;
      const words = `the module ${JSON.stringify(id)} is allowed, but cannot be loaded (${code}): it, or what it needs, is not installed`;
      throw Object.assign(new this.realm.Error(words), { code });
    }
  }
}

/** @throws {ModelManagementError} `INVALID_LIBRARY` with line and column */
export function compile(name: LibraryName, source: string): Script {
  try {
    return new Script(source, { filename: sourceFile(name) });
  } catch (error) {
    throw invalidLibrary(name, describeSyntaxError(name, error));
  }
}
