const TOLD_EVERY_MS = 1_000;

/** Tells the first of each name at once, and further ones of the next second together. */
export function atMostEachSecond(tell: (name: string) => void): (name: string) => void {
  const waiting = new Map<string, boolean>();
  const run = (name: string): void => {
    tell(name);
    waiting.set(name, false);
    setTimeout(() => {
      const isDue = waiting.get(name);
      waiting.delete(name);
      if (isDue) run(name);
    }, TOLD_EVERY_MS).unref();
  };
  return (name) => {
    if (waiting.has(name)) waiting.set(name, true);
    else run(name);
  };
}
