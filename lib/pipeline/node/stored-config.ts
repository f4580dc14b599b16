import type { z } from 'zod';
import { ModelManagementError } from '../../errors';

export type StoredConfig = Readonly<Record<string, unknown>>;

/** The n-th turns form n of a stored configuration into form n + 1. Form 0 is one without `configVersion`. */
export type Migrations = readonly ((stored: StoredConfig) => StoredConfig)[];

/**
 * Reads what the flow file holds of a node; omitted keys take their defaults, older forms are migrated. One of a newer
 * release is passed on as it is, so that the schema refuses it in words.
 *
 * @throws {ModelManagementError} `INVALID_INPUT` naming the property
 */
export function parseStoredConfig<T>(schema: z.ZodType<T>, migrations: Migrations, stored: unknown): T {
  const parsed = schema.safeParse(migrate(migrations, withParentList(stored)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'configuration';
  throw new ModelManagementError(
    'INVALID_INPUT',
    `${field}: ${issue?.message ?? 'not usable'}`,
    'Open the node, mend it and deploy.',
    { details: { field } },
  );
}

/**
 * Inside a subflow Node-RED takes a list of one node's id for that id, and puts the id of the running node in its place:
 * `['b']` arrives as `'instance-b'`. This makes it the list of the flow file again.
 */
function withParentList(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  const { parentIds, id, _alias: alias } = stored as StoredConfig;
  if (typeof parentIds !== 'string') return stored;
  const isInside = typeof id === 'string' && typeof alias === 'string' && id.endsWith(`-${alias}`);
  const instance = isInside ? id.slice(0, -alias.length) : '';
  const parentId = parentIds.startsWith(instance) ? parentIds.slice(instance.length) : parentIds;
  return { ...stored, parentIds: [parentId] };
}

function migrate(migrations: Migrations, stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  let current = stored as StoredConfig;
  const from = typeof current['configVersion'] === 'number' ? current['configVersion'] : 0;
  for (const step of migrations.slice(from)) current = step(current);
  return current;
}
