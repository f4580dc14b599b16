import { type TrialAnswer, trialGivenUp, tryLibrary } from './trial';
import type { TrialOrder } from './trial-messages';

/** Each may take 128 MB and a whole core. */
const maxRunning = 4;

/** Runs trials, a few at a time; the others wait for their turn. */
export class Trials {
  private readonly closing = new AbortController();
  private readonly waiting: (() => void)[] = [];
  private runningCount = 0;

  /** @param workerPath - the built `trial-worker.js` */
  constructor(private readonly workerPath: string) {}

  /** @throws {ModelManagementError} `ABORTED`; what the library does wrong is in the answer */
  async run(order: TrialOrder, signal?: AbortSignal): Promise<TrialAnswer> {
    const { signal: closed } = this.closing;
    const givenUp = signal ? AbortSignal.any([signal, closed]) : closed;
    if (this.runningCount >= maxRunning) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.runningCount += 1;
    try {
      if (givenUp.aborted) throw trialGivenUp();
      return await tryLibrary(this.workerPath, order, givenUp);
    } finally {
      this.runningCount -= 1;
      this.waiting.shift()?.();
    }
  }

  /** Ends those under way and those that wait. */
  close(): void {
    this.closing.abort();
  }
}
