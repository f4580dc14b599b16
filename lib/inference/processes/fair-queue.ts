import { LinkedQueue, type Place } from '../linked-queue';

interface Lane<T> {
  readonly sender: unknown;
  readonly items: LinkedQueue<T>;
}

/** Where an item waits, for taking it out again. */
export interface FairPlace<T> {
  readonly lane: Lane<T>;
  readonly place: Place<T>;
}

/**
 * First in, first out for each sender, and the senders take turns: one that floods the queue holds up itself. Every
 * step costs the same however much waits and however many send.
 */
export class FairQueue<T> {
  readonly #lanes = new Map<unknown, Lane<T>>();
  /** Of the lanes that hold something, in the order of their turns. */
  readonly #turns = new LinkedQueue<Lane<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many of this sender wait. */
  sizeOf(sender: unknown): number {
    return this.#lanes.get(sender)?.items.size ?? 0;
  }

  add(sender: unknown, item: T): FairPlace<T> {
    let lane = this.#lanes.get(sender);
    if (!lane) {
      lane = { sender, items: new LinkedQueue() };
      this.#lanes.set(sender, lane);
      this.#turns.add(lane);
    }
    this.#size += 1;
    return { lane, place: lane.items.add(item) };
  }

  /** The next by turn. */
  take(): T | undefined {
    for (let lane = this.#turns.take(); lane; lane = this.#turns.take()) {
      const item = lane.items.take();
      if (lane.items.size > 0) this.#turns.add(lane);
      else this.#lanes.delete(lane.sender);
      if (item === undefined) continue;
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** False when it has left before. */
  remove({ lane, place }: FairPlace<T>): boolean {
    const isRemoved = lane.items.remove(place);
    if (isRemoved) this.#size -= 1;
    return isRemoved;
  }

  /** Empties the queue, turn by turn. */
  drain(): T[] {
    const items: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) items.push(item);
    return items;
  }
}
