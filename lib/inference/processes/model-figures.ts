import type { ModelManagementError } from '../../errors';
import { LatencySample } from './latency';

/** Counts and latencies of one loaded version. */
export class ModelFigures {
  readonly #latency = new LatencySample();
  #requestCount = 0;
  #errorCount = 0;
  restartCount = 0;

  begin(): void {
    this.#requestCount++;
  }

  /** @param durationMs - from hand-over to answer */
  answered(durationMs: number, _batchSize: number): void {
    this.#latency.add(durationMs);
  }

  /** One that its caller gave up (`ABORTED`) is no error. */
  failed({ code }: ModelManagementError): void {
    if (code !== 'ABORTED') this.#errorCount++;
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
