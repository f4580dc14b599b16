import { asModelManagementError } from '../../errors';
import { type Request, toWire } from './protocol';

/**
 * Answers the requests of the parent process, until the channel to it closes: then the process ends, whatever it is
 * doing, so that none outlives Node-RED.
 */
export function serve<C>(handle: (command: C) => unknown): void {
  process.on('message', (message) => {
    const { id, command } = message as Request<C>;
    const answer = async (): Promise<void> => {
      try {
        const result = await handle(command);
        process.send?.({ id, result });
      } catch (error) {
        process.send?.({ id, error: toWire(asModelManagementError(error)) });
      }
    };
    void answer();
  });
  process.once('disconnect', () => process.exit(0));
  // Service managers signal the whole group; Node-RED ends its processes itself, after their work.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
