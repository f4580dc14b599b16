import type { Log } from '../log';
import type { Bus, BusMessage } from './bus';

/**
 * A subscription that is asked for until it is had: one that the broker refuses, once more at the next connection.
 * @returns ends it
 */
export function keepSubscribed(
  { bus, log }: { readonly bus: Bus; readonly log: Log },
  filter: string,
  listener: (message: BusMessage) => void,
): () => Promise<void> {
  let end: (() => Promise<void>) | undefined;
  let isEnded = false;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isEnded || isAsking || end) return;
    isAsking = true;
    try {
      const taken = await bus.subscribe(filter, listener);
      if (isEnded) await taken();
      else end = taken;
    } catch (error) {
      if (!isEnded) log.warn('subscription refused, it is asked for again at the next connection', { filter, error });
    } finally {
      isAsking = false;
    }
  };
  const askAgain = (): void => {
    ask().catch((error: unknown) => log.debug('subscription could not be ended', () => ({ error })));
  };
  const endWatch = bus.onConnection((isConnected) => {
    if (isConnected) askAgain();
  });
  askAgain();
  return async () => {
    isEnded = true;
    endWatch();
    await end?.();
  };
}
