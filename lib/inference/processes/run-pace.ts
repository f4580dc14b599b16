/** Rows of one batch at most: more gain next to nothing, and hold up whoever comes meanwhile. */
export const MAX_BATCH_ROWS = 64;
/** Run time of one batch at most, about. */
const BATCH_MS = 15;
/** Single requests in the child at once: fewer means one round trip per message, more gains nothing measurable. */
const WINDOW_COUNT = 64;
/** What waits in the child waits in its order, whoever sent it: of slow requests only a few go ahead. */
const WINDOW_MS = 30;
/** Always one that waits while one runs. */
const MIN_WINDOW_COUNT = 2;
/** Weight of the last run: a change is seen after some ten runs, a single slow one is not. */
const LAST_WEIGHT = 0.2;

/** Whether and how the rows of several requests may run together, as the child found out. */
export interface BatchLimits {
  readonly maxRows: number;
  /** Of a single row. */
  readonly rowMs: number;
}

/** How much goes to the child at once, by how long its runs have taken lately. */
export class RunPace {
  #maxRows = 1;
  #rowMs = 0;

  /** @param limits - null = never together */
  start(limits: BatchLimits | null): void {
    this.#maxRows = Math.min(MAX_BATCH_ROWS, limits?.maxRows ?? 1);
    this.#rowMs = limits?.rowMs ?? 0;
  }

  /** @param rows - at least 1 */
  observe(rows: number, durationMs: number): void {
    this.#rowMs += LAST_WEIGHT * (durationMs / rows - this.#rowMs);
  }

  /** Rows that one batch may have; 1 = requests run one by one. */
  get batchRows(): number {
    return Math.max(1, Math.min(this.#maxRows, Math.floor(BATCH_MS / this.#rowMs)));
  }

  /** Single requests that may be in the child at once. */
  get windowCount(): number {
    return Math.max(MIN_WINDOW_COUNT, Math.min(WINDOW_COUNT, Math.ceil(WINDOW_MS / this.#rowMs)));
  }
}
