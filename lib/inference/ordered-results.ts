import { LinkedQueue } from './linked-queue';

/** A place in the row, taken when the message came. */
export interface ResultSlot {
  /** Gives the result; runs now if all before it have settled, else when they have. Only the first call counts. */
  settle(emit: () => void): void;
}

class OpenSlot implements ResultSlot {
  emit: (() => void) | undefined;
  isSettled = false;

  constructor(private readonly onSettled: () => void) {}

  settle(emit: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.emit = emit;
    this.onSettled();
  }
}

/**
 * Lets results leave in the order their slots were opened, whatever the order they come in. An emitter that throws
 * does not hold up those behind it: its error is thrown from the `settle` that ran it, after the others have run.
 */
export class OrderedResults {
  readonly #slots = new LinkedQueue<OpenSlot>();
  #isEmitting = false;
  readonly #onSettled = (): void => this.#drain();

  /** Slots opened whose result has not left yet. */
  get openCount(): number {
    return this.#slots.size;
  }

  open(): ResultSlot {
    const slot = new OpenSlot(this.#onSettled);
    this.#slots.add(slot);
    return slot;
  }

  #drain(): void {
    // An emitter may settle further slots: the loop already running takes them, in order.
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    let errors: unknown[] | undefined;
    while (this.#slots.first?.isSettled) {
      const slot = this.#slots.take();
      try {
        slot?.emit?.();
      } catch (error) {
        errors = [...(errors ?? []), error];
      }
    }
    this.#isEmitting = false;
    if (errors?.length === 1) throw errors[0];
    if (errors) throw new AggregateError(errors, `${errors.length} results failed to leave`);
  }
}
