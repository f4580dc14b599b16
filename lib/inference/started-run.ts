import { ModelManagementError } from '../errors';
import type { GiveUp, RunOptions, StartOptions } from './engine';
import { aborted, gaveUp } from './processes/engine-errors';
import { timerMs } from './timer';

/**
 * The result of what `start` begins, as a promise that keeps to the caller's limits.
 * @throws {ModelManagementError} what `start` throws and gives, `TIMEOUT`, `ABORTED`
 */
export async function toPromise<T extends object>(
  { timeoutMs, signal, ...options }: RunOptions,
  start: (options: StartOptions, onResult: (result: T | ModelManagementError) => void) => GiveUp,
): Promise<T> {
  if (signal?.aborted) throw aborted('the request was given up');
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = start(options, (result) => {
    if (result instanceof ModelManagementError) reject(result);
    else resolve(result);
  });
  const onAbort = (): void => giveUp(aborted('the request was given up'));
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => giveUp(gaveUp(timeoutMs)), timerMs(timeoutMs));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
