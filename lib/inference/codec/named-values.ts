/** An ordinary object by opaque names: plain assignment of `__proto__` would set the prototype instead of a key. */
export function namedValues(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    Object.defineProperty(named, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return named;
}
