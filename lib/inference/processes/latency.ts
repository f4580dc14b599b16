const SAMPLE_COUNT = 1_024;

/** Quantiles of the last 1,024 durations. */
export class LatencySample {
  readonly #values = new Float64Array(SAMPLE_COUNT);
  #count = 0;

  add(durationMs: number): void {
    this.#values[this.#count % SAMPLE_COUNT] = durationMs;
    this.#count++;
  }

  /** @param ratio - 0.5 for the median; @returns null while nothing was added */
  quantileMs(ratio: number): number | null {
    const sorted = this.#values.slice(0, Math.min(this.#count, SAMPLE_COUNT)).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? null;
  }
}
