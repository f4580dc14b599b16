export interface WaitOptions {
  /** Default 30,000: on a busy machine a process may stand still for seconds. */
  readonly timeoutMs?: number;
  /** Default 10. */
  readonly intervalMs?: number;
  /** Read when the wait was in vain. */
  readonly what?: string | (() => string);
}

/**
 * Waits until `probe` gives something truthy and returns it. A probe that throws counts as "not yet"; on its own
 * time-out the error tells the last value or error seen.
 */
export async function waitFor<T>(probe: () => T | Promise<T>, options: WaitOptions = {}): Promise<NonNullable<T>> {
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    // What took the time may be this process, which stood still: it is looked once more before it is in vain.
    const isLast = Date.now() > deadline;
    let last: unknown;
    try {
      const value = await probe();
      if (value) return value as NonNullable<T>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (isLast) {
      const seen = last instanceof Error ? (last.stack ?? last.message) : JSON.stringify(last);
      const what =
        typeof options.what === 'function' ? options.what() : (options.what ?? probe.toString().slice(0, 200));
      throw new Error(`waited in vain for ${what}; last seen: ${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 10));
  }
}
