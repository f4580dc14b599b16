import { ModelManagementError } from './errors';

interface Waiting {
  readonly cost: number;
  enter(): void;
}

/**
 * Lets work in up to a total cost, the rest waits in the order it came; work that costs more than all there is runs
 * alone.
 */
export class Admission {
  readonly #queue: Waiting[] = [];
  #used = 0;

  /** @param capacity - a whole number, as all costs: fractions would not add up to nothing again */
  constructor(private readonly capacity: number) {}

  /**
   * Runs the work when there is room for it.
   * @param cost - a whole number
   * @param signal - gives up the wait; the work itself looks after its own signal
   * @throws {ModelManagementError} `ABORTED` when the signal came first; then the work has not run
   */
  async run<T>(cost: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const share = Math.min(Math.ceil(cost), this.capacity);
    await this.#enter(share, signal);
    try {
      return await work();
    } finally {
      this.#used -= share;
      this.#admit();
    }
  }

  #enter(cost: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(gaveUp(signal));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        cost,
        enter: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        if (signal) reject(gaveUp(signal));
        // It may have held up smaller ones behind it.
        this.#admit();
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#used + next.cost <= this.capacity; next = this.#queue[0]) {
      this.#queue.shift();
      this.#used += next.cost;
      next.enter();
    }
  }
}

function gaveUp(signal: AbortSignal): ModelManagementError {
  const message = 'It was given up while it waited for its turn.';
  return new ModelManagementError('ABORTED', message, 'Start it again.', { cause: signal.reason });
}
