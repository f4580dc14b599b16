/** Bytes that may be sent: so many a second, and a burst of them after a rest. */
export class TokenBucket {
  #tokens: number;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly burstBytes: number,
    private filledAt: number,
  ) {
    this.#tokens = burstBytes;
  }

  /** How long until this many may be sent; more than the burst may be when it is full. */
  delayMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    const lacking = Math.min(bytes, this.burstBytes) - this.#tokens;
    return lacking <= 0 ? 0 : Math.ceil((lacking * 1_000) / this.bytesPerSecond);
  }

  take(bytes: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= bytes;
  }

  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.filledAt);
    this.filledAt = nowMs;
    this.#tokens = Math.min(this.burstBytes, this.#tokens + (elapsedMs * this.bytesPerSecond) / 1_000);
  }
}
