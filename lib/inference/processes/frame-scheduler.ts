import type { PendingRequest } from './pending-request';

/** Frames in the child at once: fewer means one round trip per message, more gains nothing measurable. */
const WINDOW_FRAME_COUNT = 64;
/** With so many bytes in the child no further frame is sent: a slow model must not fill our memory through its pipe. */
const WINDOW_BYTES = 16 * 1024 * 1024;

function takeFirst(requests: Map<number, PendingRequest>): PendingRequest | undefined {
  for (const [id, request] of requests) {
    requests.delete(id);
    return request;
  }
  return undefined;
}

/**
 * Decides which requests leave for the child, when, and in which frames. Invariants: requests leave in the order they
 * came; one that was in a child as it died leaves alone, before all others, so that the next death has one culprit.
 */
export class FrameScheduler {
  readonly #waiting = new Map<number, PendingRequest>();
  readonly #suspects = new Map<number, PendingRequest>();
  readonly #inFlight = new Map<number, PendingRequest>();
  #inFlightBytes = 0;
  #isSuspectOut = false;

  /** Waiting and in the child. */
  get count(): number {
    return this.#waiting.size + this.#suspects.size + this.#inFlight.size;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  add(request: PendingRequest): void {
    this.#waiting.set(request.item.id, request);
  }

  /** The caller has gone: what has not left will not. What is in the child still counts until its answer comes. */
  abandon(id: number): void {
    this.#waiting.delete(id);
    this.#suspects.delete(id);
  }

  /** The frames that may leave now, each a list of requests that make one batch; they count as in flight from here. */
  take(): PendingRequest[][] {
    const frames: PendingRequest[][] = [];
    for (let request = this.#next(); request; request = this.#next()) {
      this.#inFlight.set(request.item.id, request);
      this.#inFlightBytes += request.bytes;
      frames.push([request]);
    }
    return frames;
  }

  /** Removes a request from those in flight and returns it. */
  answered(id: number): PendingRequest | undefined {
    const request = this.#inFlight.get(id);
    if (!request) return undefined;
    this.#inFlight.delete(id);
    this.#inFlightBytes -= request.bytes;
    return request;
  }

  /** The child died: removes what was in it and returns what of it is still wanted, oldest first. */
  takeLost(): PendingRequest[] {
    const lost = [...this.#inFlight.values()].filter(({ isAbandoned }) => !isAbandoned);
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
    return lost;
  }

  /** To be run again, one by one. */
  suspect(request: PendingRequest): void {
    this.#suspects.set(request.item.id, request);
  }

  /** Removes everything and returns it, oldest first. */
  takeAll(): PendingRequest[] {
    const all = [...this.takeLost(), ...this.#suspects.values(), ...this.#waiting.values()];
    this.#suspects.clear();
    this.#waiting.clear();
    return all;
  }

  #next(): PendingRequest | undefined {
    if (this.#isSuspectOut && this.#inFlight.size > 0) return undefined;
    this.#isSuspectOut = this.#suspects.size > 0;
    if (this.#isSuspectOut) return this.#inFlight.size === 0 ? takeFirst(this.#suspects) : undefined;
    if (this.#inFlight.size >= WINDOW_FRAME_COUNT || this.#inFlightBytes >= WINDOW_BYTES) return undefined;
    return takeFirst(this.#waiting);
  }
}
