import { LinkedQueue, type Place } from './linked-queue';

export const overflows = ['error', 'dropOldest', 'keepNewest'] as const;
/** What happens to a message that comes when the queue is full: refused, or an older one makes room. */
export type Overflow = (typeof overflows)[number];

export interface QueueLimits {
  /** Most messages that wait, beside those that run. */
  readonly max: number;
  readonly overflow: Overflow;
}

export type Offer<T> =
  | { readonly isAccepted: true; readonly dropped: readonly T[]; readonly place: Place<T> }
  | { readonly isAccepted: false; readonly dropped: readonly T[] };

const maxInFlight = 64;

/**
 * How many may be handed to the engine at once. What is handed over cannot be dropped any more, so the two rules that
 * drop keep little in flight: newest-only just the one that runs.
 */
function inFlightLimit({ max, overflow }: QueueLimits): number {
  if (overflow === 'keepNewest') return 1;
  return Math.min(maxInFlight, Math.max(1, overflow === 'dropOldest' ? Math.ceil(max / 2) : max + 1));
}

/**
 * The bounded queue of one node: never more than `max` messages beside the running one, in order of arrival. Pure:
 * the caller runs what `take` gives and says `finish` for each.
 */
export class RequestQueue<T> {
  private readonly waiting = new LinkedQueue<T>();
  private inFlightCount = 0;
  private readonly inFlightMax: number;

  constructor(private readonly limits: QueueLimits) {
    this.inFlightMax = inFlightLimit(limits);
  }

  /** Waiting and in flight. */
  get count(): number {
    return this.waiting.size + this.inFlightCount;
  }

  /** Takes the item in, or refuses it; `dropped` are the ones that had to go for it. */
  offer(item: T): Offer<T> {
    const { max, overflow } = this.limits;
    const dropped = overflow === 'keepNewest' ? this.waiting.drain() : [];
    const isFull = overflow !== 'keepNewest' && this.count > max;
    if (isFull && (overflow === 'error' || this.waiting.size === 0)) return { isAccepted: false, dropped };
    const oldest = isFull ? this.waiting.take() : undefined;
    if (oldest !== undefined) dropped.push(oldest);
    return { isAccepted: true, dropped, place: this.waiting.add(item) };
  }

  /** The next to run, if one waits and one more may be in flight. Each needs one `finish`. */
  take(): T | undefined {
    if (this.inFlightCount >= this.inFlightMax) return undefined;
    const item = this.waiting.take();
    if (item !== undefined) this.inFlightCount += 1;
    return item;
  }

  finish(): void {
    this.inFlightCount -= 1;
  }

  /** Takes out a waiting item that nobody wants any more; false when it is not waiting any more. */
  remove(place: Place<T>): boolean {
    return this.waiting.remove(place);
  }

  /** Empties the queue; what is in flight stays. */
  drain(): readonly T[] {
    return this.waiting.drain();
  }
}
