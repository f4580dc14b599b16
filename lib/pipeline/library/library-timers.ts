type Callback = (...values: unknown[]) => void;
type Handle = NodeJS.Timeout | NodeJS.Immediate;

/** The timers of one library: their callbacks run guarded, and none is left after `dispose`. */
export class LibraryTimers {
  private readonly timeouts = new Set<NodeJS.Timeout>();
  private readonly immediates = new Set<NodeJS.Immediate>();
  private isDisposed = false;

  /** @param guard - runs what the library left for later; must not throw */
  constructor(private readonly guard: (work: () => void) => void) {}

  /** The functions the library sees as its globals. */
  get globals(): Readonly<Record<string, unknown>> {
    const clear = (handle: unknown): void => this.clear(handle);
    return {
      setTimeout: (callback: unknown, delayMs?: unknown, ...values: unknown[]) =>
        this.setTimeout(asCallback(callback), Number(delayMs), values),
      setInterval: (callback: unknown, delayMs?: unknown, ...values: unknown[]) =>
        this.setInterval(asCallback(callback), Number(delayMs), values),
      setImmediate: (callback: unknown, ...values: unknown[]) => this.setImmediate(asCallback(callback), values),
      queueMicrotask: (callback: unknown) => {
        const work = asCallback(callback);
        queueMicrotask(() => this.run(work, []));
      },
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    };
  }

  dispose(): void {
    this.isDisposed = true;
    for (const timeout of this.timeouts) clearTimeout(timeout);
    for (const immediate of this.immediates) clearImmediate(immediate);
    this.timeouts.clear();
    this.immediates.clear();
  }

  private setTimeout(callback: Callback, delayMs: number, values: unknown[]): Handle {
    const timeout = setTimeout(() => {
      this.timeouts.delete(timeout);
      this.run(callback, values);
    }, delayMs);
    return this.keep(this.timeouts, timeout);
  }

  private setInterval(callback: Callback, delayMs: number, values: unknown[]): Handle {
    return this.keep(
      this.timeouts,
      setInterval(() => this.run(callback, values), delayMs),
    );
  }

  private setImmediate(callback: Callback, values: unknown[]): Handle {
    const immediate = setImmediate(() => {
      this.immediates.delete(immediate);
      this.run(callback, values);
    });
    return this.keep(this.immediates, immediate);
  }

  /** Code that still runs after its library ended gets timers that never fire. */
  private keep<T extends Handle>(handles: Set<T>, handle: T): T {
    if (this.isDisposed) this.clear(handle);
    else handles.add(handle);
    return handle;
  }

  private clear(handle: unknown): void {
    // Those of Node-RED itself are out of reach, whatever number or object is handed in.
    for (const timeout of this.timeouts) {
      if (timeout !== handle && timeout[Symbol.toPrimitive]() !== Number(handle)) continue;
      clearTimeout(timeout);
      this.timeouts.delete(timeout);
    }
    for (const immediate of this.immediates) {
      if (immediate !== handle) continue;
      clearImmediate(immediate);
      this.immediates.delete(immediate);
    }
  }

  private run(callback: Callback, values: unknown[]): void {
    if (!this.isDisposed) this.guard(() => callback(...values));
  }
}

function asCallback(value: unknown): Callback {
  if (typeof value === 'function') return (...values) => void Reflect.apply(value, undefined, values);
  throw new TypeError(`a timer takes a function, got ${typeof value}`);
}
