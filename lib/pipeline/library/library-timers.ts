import { runningLimit } from './time-limit';

type Callback = (...values: unknown[]) => void;

/** Of Node.js. They stand in lists of the whole process, which would break for all if they were left half changed. */
interface InnerTimer {
  ref(): unknown;
  unref(): unknown;
  hasRef(): boolean;
  refresh?(): unknown;
}

/** What the library holds of a timer, with what Node.js's handles can do: the timer itself begins after the limit. */
class LibraryTimer {
  inner: InnerTimer | undefined;

  constructor(
    private readonly number: number,
    readonly close: () => void,
  ) {}

  ref(): this {
    return this.later((inner) => inner.ref());
  }

  unref(): this {
    return this.later((inner) => inner.unref());
  }

  refresh(): this {
    return this.later((inner) => inner.refresh?.());
  }

  hasRef(): boolean {
    return this.inner?.hasRef() ?? true;
  }

  [Symbol.toPrimitive](): number {
    return this.number;
  }

  private later(change: (inner: InnerTimer) => unknown): this {
    outsideOfLimit(() => this.inner && change(this.inner));
    return this;
  }
}

/** The timers of one library: their callbacks run guarded, and none is left after `dispose`. */
export class LibraryTimers {
  /** With how to stop it, once it has begun. */
  private readonly stops = new Map<LibraryTimer, (() => void) | undefined>();
  private lastNumber = 0;
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
    for (const stop of this.stops.values()) stop?.();
    this.stops.clear();
  }

  private setTimeout(callback: Callback, delayMs: number, values: unknown[]): LibraryTimer {
    const timer = this.begin(() => {
      const timeout = setTimeout(() => {
        this.run(callback, values, timer);
      }, delayMs);
      return { inner: timeout, stop: () => clearTimeout(timeout) };
    });
    return timer;
  }

  private setInterval(callback: Callback, delayMs: number, values: unknown[]): LibraryTimer {
    return this.begin(() => {
      const interval = setInterval(() => this.run(callback, values), delayMs);
      return { inner: interval, stop: () => clearInterval(interval) };
    });
  }

  private setImmediate(callback: Callback, values: unknown[]): LibraryTimer {
    const timer = this.begin(() => {
      const immediate = setImmediate(() => this.run(callback, values, timer));
      return { inner: immediate, stop: () => clearImmediate(immediate) };
    });
    return timer;
  }

  /** Code that still runs after its library ended gets timers that never fire. */
  private begin(start: () => { readonly inner: InnerTimer; readonly stop: () => void }): LibraryTimer {
    const timer: LibraryTimer = new LibraryTimer(++this.lastNumber, () => this.clear(timer));
    if (this.isDisposed) return timer;
    this.stops.set(timer, undefined);
    outsideOfLimit(() => {
      if (!this.stops.has(timer)) return;
      const { inner, stop } = start();
      timer.inner = inner;
      this.stops.set(timer, stop);
    });
    return timer;
  }

  /** Timers of Node-RED itself are out of reach, whatever number or object is handed in. */
  private clear(handle: unknown): void {
    const isNumber = typeof handle === 'number' || typeof handle === 'string';
    const own = isNumber ? [...this.stops.keys()].find((key) => Number(key) === Number(handle)) : handle;
    if (!(own instanceof LibraryTimer)) return;
    const stop = this.stops.get(own);
    this.stops.delete(own);
    if (stop) outsideOfLimit(stop);
  }

  private run(callback: Callback, values: unknown[], once?: LibraryTimer): void {
    if (once) this.stops.delete(once);
    if (!this.isDisposed) this.guard(() => callback(...values));
  }
}

function outsideOfLimit(work: () => void): void {
  const limit = runningLimit();
  if (limit) limit.after.push(work);
  else work();
}

function asCallback(value: unknown): Callback {
  if (typeof value === 'function') return (...values) => void Reflect.apply(value, undefined, values);
  throw new TypeError(`a timer takes a function, got ${typeof value}`);
}
