/** What was opened, to be closed in the opposite order. (Node 22 has no `AsyncDisposableStack`.) */
export class Closers {
  private readonly pending: (() => unknown)[] = [];

  defer(close: () => unknown): void {
    this.pending.push(close);
  }

  /** Idempotent. One that fails does not keep the others open; the first failure is thrown at the end. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.pending.pop(); close; close = this.pending.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
