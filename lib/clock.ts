/** Time as the core sees it; tests hand in a clock they move themselves. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A moment as it stands in documents and HTTP answers: ISO 8601, UTC, milliseconds. */
export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
