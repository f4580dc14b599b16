/** A place in a queue; `item` is gone once it has left. */
export interface Place<T> {
  readonly item: T;
}

class Link<T> implements Place<T> {
  previous: Link<T> | undefined;
  next: Link<T> | undefined;
  isIn = true;
  constructor(readonly item: T) {}
}

/** First in, first out; every step costs the same however long the queue is, taking one out of its middle too. */
export class LinkedQueue<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.item;
  }

  add(item: T): Place<T> {
    const link = new Link(item);
    link.previous = this.#last;
    if (this.#last) this.#last.next = link;
    else this.#first = link;
    this.#last = link;
    this.#size += 1;
    return link;
  }

  take(): T | undefined {
    const link = this.#first;
    if (link) this.remove(link);
    return link?.item;
  }

  /** False when it has left before. @param place - of this queue */
  remove(place: Place<T>): boolean {
    const link = place as Link<T>;
    if (!link.isIn) return false;
    link.isIn = false;
    if (link.previous) link.previous.next = link.next;
    else this.#first = link.next;
    if (link.next) link.next.previous = link.previous;
    else this.#last = link.previous;
    link.previous = undefined;
    link.next = undefined;
    this.#size -= 1;
    return true;
  }

  /** Empties the queue, oldest first. */
  drain(): T[] {
    const items: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) items.push(item);
    return items;
  }
}
