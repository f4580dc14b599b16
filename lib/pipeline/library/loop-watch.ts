import type { LibraryName } from '../../ids';
import type { Log } from '../../log';

const tickMs = 50;
/** Node-RED does nothing else meanwhile: this long is worth a line. */
const longBlockMs = 250;
/** At most one line per library in this time. */
const quietMs = 10_000;

/**
 * Notices when the thread was blocked while libraries had calls under way, and names them. A call is stopped by its
 * time limit only up to its first `await`; what spins later shows up here.
 */
export class LoopWatch {
  private readonly underWay = new Map<LibraryName, number>();
  private readonly warnedAtMs = new Map<LibraryName, number>();
  private timer: NodeJS.Timeout | undefined;
  private lastSeenMs = 0;

  constructor(private readonly log: Log) {}

  /** Watches until the work has settled. */
  async during<T>(name: LibraryName, work: () => Promise<T>): Promise<T> {
    this.enter(name);
    try {
      return await work();
    } finally {
      this.leave(name);
    }
  }

  private enter(name: LibraryName): void {
    if (!this.timer) {
      this.lastSeenMs = performance.now();
      this.timer = setInterval(() => this.look(), tickMs);
      this.timer.unref();
    }
    this.underWay.set(name, (this.underWay.get(name) ?? 0) + 1);
  }

  private leave(name: LibraryName): void {
    this.look();
    const count = (this.underWay.get(name) ?? 1) - 1;
    if (count > 0) this.underWay.set(name, count);
    else this.underWay.delete(name);
    if (this.underWay.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const nowMs = performance.now();
    const blockedMs = Math.round(nowMs - this.lastSeenMs);
    this.lastSeenMs = nowMs;
    if (blockedMs < longBlockMs) return;
    for (const library of this.underWay.keys()) {
      if (nowMs - (this.warnedAtMs.get(library) ?? -quietMs) < quietMs) continue;
      this.warnedAtMs.set(library, nowMs);
      this.log.warn('Node-RED was blocked while a library ran', { library, blockedMs });
    }
  }
}
