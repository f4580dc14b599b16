import type { ModelManagementError } from '../../errors';
import type { LibraryName } from '../../ids';
import { timerMs } from '../../inference/timer';
import { describeThrown, invalidLibrary, isOwnError, libraryFailed } from './faults';
import { type Callable, instantiate } from './library-form';
import { copyInto, ownRealm } from './realm';
import { Sandbox, type SandboxOptions } from './sandbox';
import { timedOut, withTimeLimit } from './time-limit';
import type { CallContext } from './types';

export const loadTimeoutMs = 5_000;

/** The node whose call runs at this moment. */
interface Caller {
  id: string | undefined;
}

export interface ExecOptions {
  readonly context: CallContext;
  /** For the whole call; 0 = no limit. */
  readonly timeoutMs: number;
}

/** One revision of a library, in a context of its own: one instance, which may hold state between calls. */
export class LoadedLibrary {
  private pendingCount = 0;
  private isRetired = false;

  private constructor(
    readonly name: LibraryName,
    readonly revision: number,
    private readonly sandbox: Sandbox,
    private readonly instance: object,
    private readonly execute: Callable,
    private readonly caller: Caller,
  ) {}

  /**
   * Runs the source and makes the instance.
   * @throws {ModelManagementError} `INVALID_LIBRARY`; nothing of it runs on then
   */
  static load(name: LibraryName, revision: number, source: string, options: SandboxOptions): LoadedLibrary {
    const caller: Caller = { id: undefined };
    const sandbox = new Sandbox(name, {
      ...options,
      onLine: (line) => options.onLine(caller.id === undefined ? line : { ...line, node: caller.id }),
    });
    try {
      const { instance, exec } = withTimeLimit(loadTimeoutMs, name, () => instantiate(name, sandbox, source));
      return new LoadedLibrary(name, revision, sandbox, instance, exec, caller);
    } catch (error) {
      sandbox.dispose();
      throw asInvalid(name, error);
    }
  }

  /** Calls that have not come to an end yet. */
  get pending(): number {
    return this.pendingCount;
  }

  /**
   * One call of `exec`. Input and result are copied on their way into and out of the library's context.
   * @throws {ModelManagementError} `LIBRARY_FAILED`, `TIMEOUT`
   */
  async exec(input: unknown, { context, timeoutMs }: ExecOptions): Promise<unknown> {
    this.pendingCount += 1;
    try {
      const startedAtMs = performance.now();
      const first = this.callInTime(input, context, timeoutMs);
      if (!first.isPromise) return first.value;
      const restMs = timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - (performance.now() - startedAtMs));
      const value = await this.settled(first.value, restMs, timeoutMs);
      return withTimeLimit(timeoutMs, this.name, () => copyInto(ownRealm, value));
    } catch (error) {
      throw isOwnError(this.name, error) ? error : libraryFailed(this.name, describeThrown(this.name, error));
    } finally {
      this.pendingCount -= 1;
      if (this.isRetired) this.disposeWhenIdle();
    }
  }

  /** No more calls will come: its timers end with the last call under way. */
  retire(): void {
    this.isRetired = true;
    this.disposeWhenIdle();
  }

  /** Ends its timers now. */
  dispose(): void {
    this.sandbox.dispose();
  }

  private disposeWhenIdle(): void {
    if (this.pendingCount === 0) this.sandbox.dispose();
  }

  private callInTime(input: unknown, context: CallContext, timeoutMs: number): ReturnType<LoadedLibrary['call']> {
    this.caller.id = context.node.id;
    try {
      return withTimeLimit(timeoutMs, this.name, () => this.call(input, context));
    } finally {
      this.caller.id = undefined;
    }
  }

  private call(input: unknown, context: CallContext): { readonly isPromise: boolean; readonly value: unknown } {
    const { realm } = this.sandbox;
    let msg: unknown;
    const given = new realm.Object();
    // Copied when it is read: most libraries never do, and a message may be large.
    Object.defineProperty(given, 'msg', {
      enumerable: true,
      get: () => (msg ??= copyInto(realm, context.msg)),
    });
    const { node, parents } = context;
    Object.assign(given, copyInto(realm, { node, library: this.name, parents }));
    const value = Reflect.apply(this.execute, this.instance, [copyInto(realm, input), given]);
    return isThenable(value) ? { isPromise: true, value } : { isPromise: false, value: copyInto(ownRealm, value) };
  }

  private async settled(value: unknown, restMs: number, timeoutMs: number): Promise<unknown> {
    if (timeoutMs === 0) return value;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timedOut(this.name, timeoutMs)), timerMs(restMs));
    });
    try {
      // The call has its own end even where the library never gets there; what it rejects with later is heard here.
      return await Promise.race([value, expired]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof Reflect.get(value, 'then') === 'function';
}

/** An error of the library's making, as the refusal of its source. */
function asInvalid(name: LibraryName, error: unknown): ModelManagementError {
  if (!isOwnError(name, error)) return invalidLibrary(name, describeThrown(name, error));
  if (error.code !== 'TIMEOUT') return error;
  const message = `It did not come to an end within ${loadTimeoutMs} ms when it was loaded.`;
  return invalidLibrary(name, { message });
}
