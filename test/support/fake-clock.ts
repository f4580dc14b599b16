import type { Clock } from '../../lib/clock';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  constructor(private nowMs: number = Date.UTC(2026, 0, 1)) {}
  now(): number {
    return this.nowMs;
  }
  advance(ms: number): void {
    this.nowMs += ms;
  }
}
