import { aborted } from './processes/engine-errors';

/**
 * What the promise gives, or `ABORTED` when the signal comes first; the promise itself goes on.
 *
 * @throws {ModelManagementError} `ABORTED` with `message`
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  message: string,
): Promise<T> {
  if (!signal) return promise;
  const { promise: given, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(aborted(message));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([given, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
