type Callback = (...values: unknown[]) => void;

/** The timers of one library: their callbacks run guarded, and none is left after `dispose`. */
export class LibraryTimers {
  /** By handle: how to stop what has not fired yet. */
  private readonly stops = new Map<unknown, () => void>();
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
    for (const stop of this.stops.values()) stop();
    this.stops.clear();
  }

  private setTimeout(callback: Callback, delayMs: number, values: unknown[]): unknown {
    const timeout = setTimeout(() => {
      this.stops.delete(timeout);
      this.run(callback, values);
    }, delayMs);
    return this.keep(timeout, () => clearTimeout(timeout));
  }

  private setInterval(callback: Callback, delayMs: number, values: unknown[]): unknown {
    const interval = setInterval(() => this.run(callback, values), delayMs);
    return this.keep(interval, () => clearInterval(interval));
  }

  private setImmediate(callback: Callback, values: unknown[]): unknown {
    const immediate = setImmediate(() => {
      this.stops.delete(immediate);
      this.run(callback, values);
    });
    return this.keep(immediate, () => clearImmediate(immediate));
  }

  /** Code that still runs after its library ended gets timers that never fire. */
  private keep(handle: unknown, stop: () => void): unknown {
    if (this.isDisposed) stop();
    else this.stops.set(handle, stop);
    return handle;
  }

  /** Timers of Node-RED itself are out of reach, whatever number or object is handed in. */
  private clear(handle: unknown): void {
    const isNumber = typeof handle === 'number' || typeof handle === 'string';
    const own = isNumber ? [...this.stops.keys()].find((key) => Number(key) === Number(handle)) : handle;
    this.stops.get(own)?.();
    this.stops.delete(own);
  }

  private run(callback: Callback, values: unknown[]): void {
    if (!this.isDisposed) this.guard(() => callback(...values));
  }
}

function asCallback(value: unknown): Callback {
  if (typeof value === 'function') return (...values) => void Reflect.apply(value, undefined, values);
  throw new TypeError(`a timer takes a function, got ${typeof value}`);
}
