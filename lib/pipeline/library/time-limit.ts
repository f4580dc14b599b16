import { createContext, Script } from 'node:vm';
import { ModelManagementError } from '../../errors';

/** Runs in a context of its own: the limit holds for whatever the call does, in any context. */
const box: { work?: () => void } = {};
const context = createContext(box);
const script = new Script('work()', { filename: 'time-limit' });

/** Code that may be ended at any instruction. */
export interface RunningLimit {
  /** Run in this order once it is over: work that must not be left half done, as a line for the log. Must not throw. */
  readonly after: (() => void)[];
}

let running: RunningLimit | undefined;

/** The outermost limit that code runs under at this moment; undefined = nothing can end it. */
export function runningLimit(): RunningLimit | undefined {
  return running;
}

/**
 * Runs synchronous code and stops it, even amid an endless loop, when it takes longer. What it left half done stays
 * half done. Costs about 0.1 ms, for the thread that watches.
 *
 * @param timeoutMs - 0 = no limit
 * @param name - of the library, for the error
 * @throws {ModelManagementError} `TIMEOUT`; else what `work` throws
 */
export function withTimeLimit<T>(timeoutMs: number, name: string, work: () => T): T {
  if (timeoutMs === 0) return work();
  const outer = running;
  running ??= { after: [] };
  const { after } = running;
  try {
    return limited(timeoutMs, name, work);
  } finally {
    running = outer;
    if (!outer) for (const rest of after.splice(0)) rest();
  }
}

function limited<T>(timeoutMs: number, name: string, work: () => T): T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  // Kept inside: node:vm would otherwise write the place of the call into the stack of an error that passes through.
  box.work = () => {
    try {
      outcome = { value: work() };
    } catch (error) {
      outcome = { error };
    }
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
  } catch (error) {
    // Ended between the work and its return: it is done.
    if (!outcome) throw timedOut(name, timeoutMs, error);
  }
  if (!outcome) throw timedOut(name, timeoutMs, undefined);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** A library took too long. */
export function timedOut(name: string, timeoutMs: number, cause?: unknown): ModelManagementError {
  return new ModelManagementError(
    'TIMEOUT',
    `The library ${name} did not answer within ${timeoutMs} ms.`,
    'Look for an endless loop or a promise that never settles in it, or raise the time limit of the node.',
    { cause, details: { library: name } },
  );
}
