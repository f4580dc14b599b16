/** Runs tasks of one key one after the other, in the order of the calls; tasks of different keys side by side. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<void>>();

  async run<R>(key: string, task: () => Promise<R>): Promise<R> {
    const previous = this.#last.get(key) ?? Promise.resolve();
    const running = previous.then(task);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
