import { toIso } from '../../../../lib/clock';
import type { EdgeHub } from '../../../../lib/edges/hub/edge-hub';
import { edgeKey } from '../../../../lib/edges/protocol/names';

export interface EdgeLogEntry {
  readonly at: string;
  readonly level: 'error' | 'warn' | 'info';
  readonly text: string;
}

const KEPT = 200;
/** Edges of which something is kept; of the others the oldest are forgotten. */
const MAX_EDGES = 1_000;

/** What edges told since this process started, the last of each. */
export class EdgeLog {
  readonly #entries = new Map<string, EdgeLogEntry[]>();

  constructor(hub: EdgeHub) {
    hub.onEvent((edge, event) => {
      if (event.type === 'log') this.#add(edge, { at: toIso(event.at), level: event.level, text: event.text });
      if (event.type === 'command' && event.result !== 'done')
        this.#add(edge, { at: toIso(event.at), level: 'warn', text: `Command ${event.result}: ${event.reason ?? ''}` });
    });
  }

  /** Newest first. */
  of(edge: string): readonly EdgeLogEntry[] {
    return this.#entries.get(edgeKey(edge))?.toReversed() ?? [];
  }

  #add(edge: string, entry: EdgeLogEntry): void {
    const key = edgeKey(edge);
    const entries = this.#entries.get(key) ?? [];
    entries.push(entry);
    if (entries.length > KEPT) entries.shift();
    this.#entries.set(key, entries);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_EDGES && oldest !== undefined) this.#entries.delete(oldest);
  }
}
