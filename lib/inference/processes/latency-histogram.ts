const SUB_BITS = 5;
/** Each power of two is divided into so many buckets. */
const SUB_COUNT = 1 << SUB_BITS;
const MAX_MICROSECONDS = 0x7fff_ffff;
const BUCKET_COUNT = bucketOf(MAX_MICROSECONDS) + 1;

/** Exact below 64 µs, then of ever the same width beside the value. */
function bucketOf(microseconds: number): number {
  if (microseconds < 2 * SUB_COUNT) return microseconds;
  const shift = 31 - Math.clz32(microseconds) - SUB_BITS;
  return (shift << SUB_BITS) + (microseconds >>> shift);
}

function middleMs(bucket: number): number {
  const shift = Math.max(0, (bucket >> SUB_BITS) - 1);
  const lowest = (bucket - (shift << SUB_BITS)) * 2 ** shift;
  return (lowest + 2 ** shift / 2) / 1_000;
}

/**
 * Durations in buckets of logarithmic width: to add one is an increment, and a quantile is off by at most 1 µs or 1.6 %.
 * Durations above 35 minutes count as 35 minutes.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKET_COUNT);
  #count = 0;

  add(durationMs: number): void {
    const bucket = bucketOf(Math.min(Math.max(0, Math.floor(durationMs * 1_000)), MAX_MICROSECONDS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
  }

  addAll(other: LatencyHistogram): void {
    if (other.#count === 0) return;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    }
    this.#count += other.#count;
  }

  clear(): void {
    if (this.#count > 0) this.#counts.fill(0);
    this.#count = 0;
  }

  /** @param ratio - 0.5 for the median; @returns null while nothing was added */
  quantileMs(ratio: number): number | null {
    const rank = Math.min(this.#count - 1, Math.floor(this.#count * ratio));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen > rank && rank >= 0) return middleMs(bucket);
    }
    return null;
  }
}
