/** The node as the editor holds it: a flow may leave any property out, or hold anything at all. */
export type StoredNode = RedEditorNode & Record<string, unknown>;

/**
 * The stored configuration made complete for showing: what is missing, or is of another kind than the default, takes
 * the default, objects key by key. Nothing of it is written back unless the user changes it.
 */
export function completeConfig<Config extends object>(
  node: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<keyof Config, unknown>>,
): Config {
  const entries = Object.entries(defaults).map(([key, fallback]) => [key, completed(node[key], fallback)]);
  return Object.fromEntries(entries) as Config;
}

function completed(stored: unknown, fallback: unknown): unknown {
  if (stored === undefined || stored === null) return fallback;
  if (typeof fallback === 'string') return String(stored);
  if (Array.isArray(fallback)) return Array.isArray(stored) ? stored : fallback;
  if (typeof fallback === 'object') return { ...fallback, ...Object(stored) };
  return typeof stored === typeof fallback ? stored : fallback;
}

/** Writes what the user changed, and only where it differs from `shown`: an omitted property stays omitted. */
export function writeChanges<Config extends object>(
  node: Record<string, unknown>,
  shown: Config,
  changes: Partial<Config>,
): void {
  const before = new Map<string, unknown>(Object.entries(shown));
  for (const [key, value] of Object.entries(changes)) {
    if (JSON.stringify(value) !== JSON.stringify(before.get(key))) node[key] = value;
  }
}
