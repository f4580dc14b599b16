/** Limits of the supervision of one engine process. */
export interface Supervision {
  /**
   * The watchdog in the process ends a run that takes too long, to the millisecond; so much later the parent ends a
   * process that says nothing at all, such as one stopped from outside. Default 5,000.
   */
  readonly silenceGraceMs: number;
  /** Wait before the second restart in a row; the first is at once, each further one waits twice as long. Default 100. */
  readonly restartBaseMs: number;
  /** Longest wait before a restart. Default 30,000. */
  readonly restartMaxMs: number;
  /** Deaths in a row, without an answer between, after which the model counts as failed. Default 5. */
  readonly deathLimitCount: number;
  /** How long a failed model refuses requests before it is tried again. Default 30,000. */
  readonly coolDownMs: number;
}

export const defaultSupervision: Supervision = {
  silenceGraceMs: 5_000,
  restartBaseMs: 100,
  restartMaxMs: 30_000,
  deathLimitCount: 5,
  coolDownMs: 30_000,
};

export type RestartStep =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'fail'; readonly retryAt: number };

/** What follows a death. @param deathCount - in a row, without an answer between; at least 1 */
export function planRestart(deathCount: number, limits: Supervision, nowMs: number): RestartStep {
  if (deathCount >= limits.deathLimitCount) return { kind: 'fail', retryAt: nowMs + limits.coolDownMs };
  const delayMs = deathCount <= 1 ? 0 : Math.min(limits.restartMaxMs, limits.restartBaseMs * 2 ** (deathCount - 2));
  return { kind: 'restart', delayMs };
}
