import type { WantBook } from './want-book';

export type Turn<K> =
  | { readonly kind: 'publish'; readonly key: K; readonly unit: number }
  /** `untilMs` undefined = until somebody wants something. */
  | { readonly kind: 'wait'; readonly untilMs: number | undefined };

/** Artifacts take turns unit by unit, so that a large one holds up no other. */
export class PublishTurns<K> {
  readonly #books = new Map<K, WantBook>();

  add(key: K, book: WantBook): void {
    this.#books.set(key, book);
  }

  remove(key: K): void {
    this.#books.delete(key);
  }

  next(nowMs: number): Turn<K> {
    let untilMs: number | undefined;
    for (const [key, book] of this.#books) {
      const unit = book.next(nowMs);
      if (unit !== undefined) {
        // To the end of the map, which keeps the order of insertion: the others come before it the next time.
        this.#books.delete(key);
        this.#books.set(key, book);
        return { kind: 'publish', key, unit };
      }
      if (book.readyAt !== undefined) untilMs = Math.min(untilMs ?? Number.POSITIVE_INFINITY, book.readyAt);
    }
    return { kind: 'wait', untilMs };
  }
}
