import type { Clock } from '../../clock';

/** For spans only: it goes on evenly while somebody sets the time of the system. */
export const monotonicClock: Clock = { now: () => performance.now() };
