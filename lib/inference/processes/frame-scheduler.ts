import { LinkedQueue } from '../linked-queue';
import { FairQueue } from './fair-queue';
import type { PendingRequest } from './pending-request';
import { type BatchLimits, RunPace } from './run-pace';

/** With so many bytes in the child no further frame is sent: a slow model must not fill our memory through its pipe. */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** What may wait for one model, beside what is in the child. */
export const waitingLimits = {
  /** Of one sender. A node keeps the rest in its own queue. */
  perSender: 1_024,
  count: 65_536,
  bytes: 256 * 1024 * 1024,
} as const;

/**
 * Decides which requests leave for the child, when, and in which frames. Invariants: the senders take turns, the
 * requests of each leave in the order they came; one that was in a child as it died leaves alone, before all others, so
 * that the next death has one culprit.
 */
export class FrameScheduler {
  readonly #waiting = new FairQueue<PendingRequest>();
  readonly #suspects = new LinkedQueue<PendingRequest>();
  readonly #inFlight = new Map<number, PendingRequest>();
  readonly #pace = new RunPace();
  #waitingBytes = 0;
  #inFlightBytes = 0;
  #isSuspectOut = false;

  /** Waiting and in the child. */
  get count(): number {
    return this.#waiting.size + this.#suspects.size + this.#inFlight.size;
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** A child is there. @param batching - whether it takes batches */
  start(batching: BatchLimits | null): void {
    this.#pace.start(batching);
  }

  /** Whether one more may wait. */
  hasRoomFor({ sender, bytes }: PendingRequest): boolean {
    const isWithin = this.#waitingBytes + bytes <= waitingLimits.bytes || this.#waiting.size === 0;
    return (
      isWithin && this.#waiting.size < waitingLimits.count && this.#waiting.sizeOf(sender) < waitingLimits.perSender
    );
  }

  add(request: PendingRequest): void {
    request.place = this.#waiting.add(request.sender, request);
    this.#waitingBytes += request.bytes;
  }

  /** The caller has gone: what has not left will not. What is in the child still counts until its answer comes. */
  abandon(request: PendingRequest): void {
    if (request.place && this.#waiting.remove(request.place)) this.#waitingBytes -= request.bytes;
  }

  /** The frames that may leave now, each a list of requests that make one batch; they count as in flight from here. */
  take(): PendingRequest[][] {
    if (this.#isSuspectOut && this.#inFlight.size > 0) return [];
    const suspect = this.#inFlight.size === 0 ? this.#takeSuspect() : undefined;
    this.#isSuspectOut = suspect !== undefined || this.#suspects.size > 0;
    if (suspect) return [[suspect]];
    if (this.#isSuspectOut) return [];
    const batchRows = this.#pace.batchRows;
    return batchRows > 1 ? this.#takeBatches(batchRows) : this.#takeSingles();
  }

  /** Removes a request from those in flight and returns it. */
  answered(id: number): PendingRequest | undefined {
    const request = this.#inFlight.get(id);
    if (!request) return undefined;
    this.#inFlight.delete(id);
    this.#inFlightBytes -= request.bytes;
    return request;
  }

  /** What a call of the runtime has taken. */
  observe(rows: number, durationMs: number): void {
    this.#pace.observe(Math.max(1, rows), durationMs);
  }

  /** The child died: removes what was in it and returns what of it is still wanted, oldest first. */
  takeLost(): PendingRequest[] {
    const lost = [...this.#inFlight.values()].filter(({ isSettled }) => !isSettled);
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
    return lost;
  }

  /** To be run again, one by one. */
  suspect(request: PendingRequest): void {
    this.#suspects.add(request);
  }

  /** Removes everything and returns it. */
  takeAll(): PendingRequest[] {
    const all = [...this.takeLost(), ...this.#suspects.drain(), ...this.#waiting.drain()];
    this.#waitingBytes = 0;
    return all.filter(({ isSettled }) => !isSettled);
  }

  #takeSuspect(): PendingRequest | undefined {
    for (let request = this.#suspects.take(); request; request = this.#suspects.take()) {
      if (!request.isSettled) return this.#send(request);
    }
    return undefined;
  }

  /** The next batches, when the child has nothing to do: what comes while they run makes up those after them. */
  #takeBatches(maxRows: number): PendingRequest[][] {
    const batches: { readonly requests: PendingRequest[]; rows: number }[] = [];
    if (this.#inFlight.size > 0) return [];
    let rows = 0;
    while (rows < maxRows && this.#inFlightBytes < WINDOW_BYTES) {
      const request = this.#takeWaiting();
      if (!request) break;
      const fits = batches.find((batch) => batch.rows + request.rows <= maxRows && batch.requests[0]?.isLike(request));
      if (fits) {
        fits.requests.push(request);
        fits.rows += request.rows;
      } else {
        batches.push({ requests: [request], rows: request.rows });
      }
      rows += Math.max(1, request.rows);
    }
    return batches.map(({ requests }) => requests);
  }

  #takeSingles(): PendingRequest[][] {
    const frames: PendingRequest[][] = [];
    while (this.#inFlight.size < this.#pace.windowCount && this.#inFlightBytes < WINDOW_BYTES) {
      const request = this.#takeWaiting();
      if (!request) break;
      frames.push([request]);
    }
    return frames;
  }

  #takeWaiting(): PendingRequest | undefined {
    const request = this.#waiting.take();
    if (!request) return undefined;
    this.#waitingBytes -= request.bytes;
    return this.#send(request);
  }

  #send(request: PendingRequest): PendingRequest {
    this.#inFlight.set(request.item.id, request);
    this.#inFlightBytes += request.bytes;
    return request;
  }
}
