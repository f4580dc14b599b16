import type { Clock } from '../../clock';
import type { Log, LogFields } from '../../log';

const QUIET_MS = 60_000;

/** For what strangers can cause at any rate: of each kind one warning a minute, with the number of those before it that were left out. */
export class RareWarnings {
  readonly #told = new Map<string, { readonly atMs: number; leftOutCount: number }>();

  constructor(private readonly deps: { readonly clock: Clock; readonly log: Log }) {}

  /** @param kind - of a closed set, so that this does not grow */
  warn(kind: string, event: string, fields: LogFields = {}): void {
    const now = this.deps.clock.now();
    const last = this.#told.get(kind);
    if (last && Math.abs(now - last.atMs) < QUIET_MS) {
      last.leftOutCount += 1;
      return;
    }
    this.#told.set(kind, { atMs: now, leftOutCount: 0 });
    this.deps.log.warn(event, { ...fields, ...(last?.leftOutCount ? { leftOutCount: last.leftOutCount } : {}) });
  }
}
