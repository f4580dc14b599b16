import { setTimeout as pause } from 'node:timers/promises';

/** Round trips one after the other, in ms, until `isOver`; `pauseMs` between two, so that they are no load of their own. */
export async function roundTripsMs(
  trip: () => Promise<unknown>,
  isOver: () => boolean,
  pauseMs: number,
): Promise<number[]> {
  const trips: number[] = [];
  while (!isOver()) {
    const startMs = performance.now();
    await trip();
    trips.push(performance.now() - startMs);
    await pause(pauseMs);
  }
  return trips;
}
