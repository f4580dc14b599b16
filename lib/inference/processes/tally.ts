import type { RecentFigures } from '../engine';
import { LatencyHistogram } from './latency-histogram';

/** What happened to the requests of one version in a span of time. Nothing is allocated for a request. */
export class Tally {
  readonly #latency = new LatencyHistogram();
  requestCount = 0;
  answeredCount = 0;
  errorCount = 0;
  restartCount = 0;
  #batchMax = 0;
  /** Calls of the runtime: of those that shared one, each brings its part. */
  #callCount = 0;
  #runMs = 0;

  /** @param latencyMs - from hand-over to answer; @param runMs - of the call that it shared with `batchSize` requests */
  answered(latencyMs: number, runMs: number, batchSize: number): void {
    this.#latency.add(latencyMs);
    this.answeredCount++;
    this.#callCount += 1 / batchSize;
    this.#runMs += runMs;
    if (batchSize > this.#batchMax) this.#batchMax = batchSize;
  }

  addAll(other: Tally): void {
    this.#latency.addAll(other.#latency);
    this.requestCount += other.requestCount;
    this.answeredCount += other.answeredCount;
    this.errorCount += other.errorCount;
    this.restartCount += other.restartCount;
    this.#callCount += other.#callCount;
    this.#runMs += other.#runMs;
    this.#batchMax = Math.max(this.#batchMax, other.#batchMax);
  }

  clear(): void {
    this.#latency.clear();
    this.requestCount = this.answeredCount = this.errorCount = this.restartCount = 0;
    this.#callCount = this.#runMs = this.#batchMax = 0;
  }

  read(): RecentFigures {
    const isEmpty = this.answeredCount === 0;
    return {
      p50Ms: this.#latency.quantileMs(0.5),
      p99Ms: this.#latency.quantileMs(0.99),
      runMs: isEmpty ? null : this.#runMs / this.answeredCount,
      batchMean: isEmpty ? null : this.answeredCount / this.#callCount,
      batchMax: isEmpty ? null : this.#batchMax,
    };
  }
}
