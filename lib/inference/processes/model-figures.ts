import { ModelManagementError } from '../../errors';
import { LatencySample } from './latency';

/** Counts and latencies of one loaded version. */
export class ModelFigures {
  readonly #latency = new LatencySample();
  #requestCount = 0;
  #errorCount = 0;
  restartCount = 0;

  /** Counts one request; one that its caller gave up (`ABORTED`) is no error. */
  async count<T>(work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    this.#requestCount++;
    try {
      const result = await work();
      this.#latency.add(performance.now() - startMs);
      return result;
    } catch (error) {
      if (!(ModelManagementError.is(error) && error.code === 'ABORTED')) this.#errorCount++;
      throw error;
    }
  }

  read(): { requests: number; errors: number; restarts: number; p50Ms: number | null; p99Ms: number | null } {
    return {
      requests: this.#requestCount,
      errors: this.#errorCount,
      restarts: this.restartCount,
      p50Ms: this.#latency.quantileMs(0.5),
      p99Ms: this.#latency.quantileMs(0.99),
    };
  }
}
