/** The longest wait a Node.js timer knows: a longer one would end at once. About 24.8 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The duration as a timer can wait it. */
export function timerMs(durationMs: number): number {
  return Math.min(durationMs, LONGEST_TIMER_MS);
}
