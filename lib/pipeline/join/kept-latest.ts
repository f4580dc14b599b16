/**
 * The values of `latest` parents by the runtime id of their node, from the end of a node to its next start: a deploy
 * restarts nodes, and a set point is not sent again because of that.
 */
class KeptLatest {
  readonly #values = new Map<string, ReadonlyMap<string, unknown>>();

  put(nodeId: string, values: ReadonlyMap<string, unknown>): void {
    if (values.size > 0) this.#values.set(nodeId, new Map(values));
    else this.#values.delete(nodeId);
  }

  take(nodeId: string): ReadonlyMap<string, unknown> {
    const values = this.#values.get(nodeId);
    this.#values.delete(nodeId);
    return values ?? new Map();
  }
}

/** Of this process. */
export const keptLatest = new KeptLatest();
