/** Runs tasks of one key one after the other, in the order of the calls; tasks of different keys side by side. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when what was asked for until now is over, well or not. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  /** @param signal - gives up waiting for the turn, not the task; rejects with its reason */
  async run<R>(key: string, task: () => Promise<R>, signal?: AbortSignal): Promise<R> {
    const previous = this.#last.get(key) ?? Promise.resolve();
    let hasBegun = false;
    const running = previous.then(() => {
      signal?.throwIfAborted();
      hasBegun = true;
      return task();
    });
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    if (!signal) return running;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (!hasBegun) reject(signal.reason);
      };
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      running.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }
}
