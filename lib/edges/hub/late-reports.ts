import type { Clock } from '../../clock';

export interface LateReportsDeps {
  readonly clock: Clock;
  /** Edges that are online and by whose word something is under way: it was not taken, or not brought about. */
  readonly waiting: () => Iterable<string>;
  /** Asks the edge to tell how it is. */
  readonly ask: (edge: string) => Promise<unknown>;
}

/** An edge at work tells at least how a download goes on. */
const PATIENCE_MS = 60_000;
const MAX_PAUSE_MS = 3_600_000;
/** Of one look, so that a broker that dropped the words of a thousand edges is not flooded by them again. */
const MAX_ASKED = 50;
const LOOK_MS = 15_000;

interface Watched {
  readonly nextAt: number;
  readonly pauseMs: number;
}

/**
 * Asks edges again whose last word may have been lost: a broker keeps only so many messages for a hub that is slow to
 * take them, and drops further ones unseen. Whoever has told since is not asked; whoever has nothing new is asked ever
 * more rarely.
 */
export class LateReports {
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: LateReportsDeps) {}

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The edge has told how it is. */
  heard(edge: string): void {
    this.#watched.delete(edge);
  }

  look(): void {
    const now = this.deps.clock.now();
    const waiting = new Set(this.deps.waiting());
    for (const edge of this.#watched.keys()) if (!waiting.has(edge)) this.#watched.delete(edge);
    let asked = 0;
    for (const edge of waiting) {
      const watched = this.#watched.get(edge);
      if (!watched) {
        this.#watched.set(edge, { nextAt: now + PATIENCE_MS, pauseMs: PATIENCE_MS });
        continue;
      }
      // A clock that was set back makes nobody wait for hours.
      if (now < watched.nextAt && watched.nextAt - now <= watched.pauseMs) continue;
      if (asked >= MAX_ASKED) return;
      asked += 1;
      const pauseMs = Math.min(MAX_PAUSE_MS, watched.pauseMs * 2);
      this.#watched.set(edge, { nextAt: now + pauseMs, pauseMs });
      // One that has just gone needs no question.
      this.deps.ask(edge).catch(() => undefined);
    }
  }
}
