import { timerMs } from '../timer';
import type { EngineChild } from './engine-child';

const SHORTEST_WAIT_MS = 100;

/** Ends a process that has work and says nothing at all, such as one stopped from outside. */
export class SilenceWatch {
  #timer: NodeJS.Timeout | undefined;
  #heardAtMs = 0;

  /** @param hasWork - whether an answer is due at all */
  constructor(
    private readonly limitMs: number,
    private readonly hasWork: () => boolean,
  ) {}

  /** It has answered, or it has been given its first work. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** As long as there is work; calls while it watches change nothing. */
  watch(child: EngineChild): void {
    if (this.#timer) return;
    const check = (): void => {
      this.#timer = undefined;
      if (!this.hasWork()) return;
      if (this.#silentMs() < this.limitMs) {
        this.watch(child);
        return;
      }
      // If it was this process that was held up, the answers are in the pipe: they are read before this runs.
      setImmediate(() => {
        if (this.#silentMs() >= this.limitMs) child.kill(`gave no answer for ${this.limitMs} ms`);
      });
    };
    this.#timer = setTimeout(check, timerMs(Math.max(SHORTEST_WAIT_MS, this.limitMs - this.#silentMs())));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #silentMs(): number {
    return performance.now() - this.#heardAtMs;
  }
}
