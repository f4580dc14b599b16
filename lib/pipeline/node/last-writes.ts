/** A disk that takes longer has its own troubles: Node-RED gives a node that closes 15 s. */
const PATIENCE_MS = 5_000;

/** What is being written down as the flows stop. */
export class LastWrites {
  readonly #writes = new Set<Promise<void>>();

  /** @param write - whose failure is its own business */
  add(write: Promise<unknown>): void {
    const settled: Promise<void> = write.then(
      () => void this.#writes.delete(settled),
      () => void this.#writes.delete(settled),
    );
    this.#writes.add(settled);
  }

  /** Resolves when all of it is done, or has taken too long. @param patienceMs - default 5 s */
  async settled(patienceMs = PATIENCE_MS): Promise<void> {
    if (this.#writes.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all(this.#writes), tooLong]);
    clearTimeout(timer);
  }
}

/** Before its process ends, Node-RED waits for the nodes that close, and for nothing else: these wait for what is in here. */
export const lastWrites = new LastWrites();
