/**
 * True when a topic is one of those a filter names. Both are taken to be well formed.
 * @see https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901241 (4.7.1.2: `a/#` also is `a`)
 */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  // 4.7.2: what a broker tells of itself is no part of what a wildcard names.
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** Listeners by topic filter: those without wildcards cost one look-up for a message, whatever their number. */
export class FilterListeners<L> {
  readonly #exact = new Map<string, Set<L>>();
  readonly #wild = new Map<string, Set<L>>();

  /** @returns true when it is the first of this filter */
  add(filter: string, listener: L): boolean {
    const map = this.#mapOf(filter);
    const known = map.get(filter);
    if (known) known.add(listener);
    else map.set(filter, new Set([listener]));
    return !known;
  }

  /** @returns true when it was the last of this filter */
  remove(filter: string, listener: L): boolean {
    const map = this.#mapOf(filter);
    const known = map.get(filter);
    if (!known?.delete(listener) || known.size > 0) return false;
    return map.delete(filter);
  }

  filters(): readonly string[] {
    return [...this.#exact.keys(), ...this.#wild.keys()];
  }

  /** Each listener once, also where several of its filters name the topic. */
  of(topic: string): ReadonlySet<L> {
    const found = new Set(this.#exact.get(topic));
    for (const [filter, listeners] of this.#wild) {
      if (matchesFilter(filter, topic)) for (const listener of listeners) found.add(listener);
    }
    return found;
  }

  #mapOf(filter: string): Map<string, Set<L>> {
    return /[+#]/.test(filter) ? this.#wild : this.#exact;
  }
}
