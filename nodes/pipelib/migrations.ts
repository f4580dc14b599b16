/** The form `config.ts` reads. */
export const configVersion = 1;

type Stored = Readonly<Record<string, unknown>>;

/** `migrations[n]` turns form n into form n + 1. Form 0 is a configuration without `configVersion`. */
const migrations: readonly ((stored: Stored) => Stored)[] = [(stored) => ({ ...stored, configVersion: 1 })];

/**
 * Brings a stored configuration to the present form. One of a newer release is passed on as it is, so that the schema
 * refuses it in words.
 */
export function migrate(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  let current = stored as Stored;
  const from = typeof current['configVersion'] === 'number' ? current['configVersion'] : 0;
  for (const step of migrations.slice(from)) current = step(current);
  return current;
}
