import { setTimeout as pause } from 'node:timers/promises';

/** A disk that takes longer has its own troubles: Node-RED gives a node that closes 15 s. */
const PATIENCE_MS = 5_000;

/** What is being written down as the flows stop. */
export class LastWrites {
  readonly #writes = new Set<Promise<unknown>>();

  /** @param write - whose failure is its own business */
  add(write: Promise<unknown>): void {
    this.#writes.add(write);
    const forget = (): void => void this.#writes.delete(write);
    write.then(forget, forget);
  }

  /** Resolves when all of it is done, or has taken too long. @param patienceMs - default 5 s */
  async settled(patienceMs = PATIENCE_MS): Promise<void> {
    if (this.#writes.size === 0) return;
    await Promise.race([Promise.allSettled(this.#writes), pause(patienceMs, undefined, { ref: false })]);
  }
}

/** Before its process ends, Node-RED waits for the nodes that close, and for nothing else: these wait for what is in here. */
export const lastWrites = new LastWrites();
