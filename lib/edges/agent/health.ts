/** What came of the requests to a version since it was switched to. */
export interface ServedRequests {
  readonly requests: number;
  readonly errors: number;
  /** It does not run any more: it crashed too often. */
  readonly isFailed: boolean;
}

export const HEALTH_WINDOW_MS = 300_000;
const MIN_REQUESTS = 20;
const MAX_ERROR_RATIO = 0.5;
/** So much worse than the version before it has to be: inputs that no version can answer are no fault of the new one. */
const MIN_INCREASE = 0.2;

export function errorRatioOf({ requests, errors }: ServedRequests): number {
  return requests === 0 ? 0 : errors / requests;
}

/**
 * Whether a version is good, by what came of its requests since the switch. Few requests say nothing: at the end of the
 * window they count as good.
 * @param errorRatio - of the version before
 */
export function judgeHealth(
  served: ServedRequests,
  errorRatio: number,
  elapsedMs: number,
): { readonly verdict: 'good' | 'undecided' } | { readonly verdict: 'bad'; readonly reason: string } {
  if (served.isFailed) return { verdict: 'bad', reason: 'it crashed too often' };
  const ratio = errorRatioOf(served);
  if (served.requests >= MIN_REQUESTS && ratio >= MAX_ERROR_RATIO && ratio >= errorRatio + MIN_INCREASE) {
    return { verdict: 'bad', reason: `${served.errors} of ${served.requests} requests failed` };
  }
  // A clock that was set back would keep the window open for ever.
  return { verdict: elapsedMs < 0 || elapsedMs >= HEALTH_WINDOW_MS ? 'good' : 'undecided' };
}
