import { LinkedQueue, type Place } from './linked-queue';
import { timerMs } from './timer';

interface Due<T> {
  readonly item: T;
  readonly atMs: number;
}

/** What is open, oldest first, all with the same time limit: one timer for all, however many come and go. */
export class Deadlines<T> {
  readonly #open = new LinkedQueue<Due<T>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param limitMs - 0 = none */
  constructor(
    private readonly limitMs: number,
    private readonly onExpired: (item: T) => void,
  ) {}

  /** Keep it for `remove`. */
  add(item: T): Place<unknown> {
    const place = this.#open.add({ item, atMs: performance.now() + this.limitMs });
    if (this.#open.size === 1) this.#arm();
    return place;
  }

  remove(place: Place<unknown>): void {
    this.#open.remove(place as Place<Due<T>>);
    if (this.#open.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The oldest that is open. */
  get first(): T | undefined {
    return this.#open.first?.item;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#open.first;
    if (this.limitMs <= 0 || !next) return;
    const waitMs = timerMs(Math.max(1, next.atMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.#expire();
      this.#arm();
    }, waitMs);
  }

  #expire(): void {
    const nowMs = performance.now();
    for (let due = this.#open.first; due && due.atMs <= nowMs; due = this.#open.first) {
      this.#open.take();
      this.onExpired(due.item);
    }
  }
}
