import { setTimeout as pause } from 'node:timers/promises';

/** What has to be done before the nodes are gone that are on their way down: Node-RED ends as soon as they are. */
class LastWork {
  #work: Promise<unknown> = Promise.resolve();

  /** @param work - never rejects */
  begin(work: Promise<void>): void {
    this.#work = Promise.all([this.#work, work]).then(() => undefined);
  }

  /** Resolves when all that began is done, or after `limitMs`. */
  async done(limitMs: number): Promise<void> {
    const over = new AbortController();
    const limit = pause(limitMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    await Promise.race([this.#work, limit]);
    over.abort();
  }
}

/** Where the plugin, which Node-RED does not tell that it ends, says what its nodes wait for. */
export const lastWork = new LastWork();
