import { asModelManagementError } from '../../errors';
import type { Log } from '../../log';

/** Between two tries. */
const RETRY_MS = 10_000;

/** True when the disk is the reason that something failed. */
export function isOfDisk(error: unknown): boolean {
  const { code } = asModelManagementError(error);
  return code === 'STORAGE_FULL' || code === 'STORAGE_FAILED';
}

/**
 * What has to be on the disk and is nothing to wait for: tried at once, and where the disk does not take it, again until
 * it does. So an edge whose disk is full serves what it has.
 */
export class UntilKept {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isStopped = false;

  constructor(
    private readonly log: Log,
    private readonly retryMs = RETRY_MS,
  ) {}

  /**
   * @param name - what it is
   * @param work - safe to be done again after it failed anywhere
   * @throws what is not the fault of the disk
   */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isOfDisk(error)) throw error;
      this.log.warn('the disk does not take it, it is tried again', { what: name, error });
      this.later(name, work);
    }
  }

  /** Tries it after a while. It takes the place of what waits under that name. */
  later(name: string, work: () => Promise<void>): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      work().catch((error: unknown) => {
        if (isOfDisk(error)) return this.later(name, work);
        this.log.error('what waited for the disk failed', { what: name, error });
      });
    }, this.retryMs);
    timer.unref();
    this.#timers.set(name, timer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
