import { z } from 'zod';
import { ModelManagementError } from '../../lib/errors';
import { JoinSchema, timeField } from '../../lib/pipeline/join-config';
import { pipelibDefaults } from '../../lib/pipeline/pipelib-defaults';
import { migrate } from './migrations';

const ConfigSchema = z.object({
  configVersion: z.literal(1).default(1),
  library: z.string().default(pipelibDefaults.library),
  timeoutMs: timeField(pipelibDefaults.timeoutMs),
  parentIds: z.array(z.string()).default([]),
  join: JoinSchema,
});

/** The stored configuration of a `pipelib`, complete. */
export type PipelibConfig = z.infer<typeof ConfigSchema>;

/**
 * Reads what the flow file holds; omitted keys take their defaults, older forms are migrated.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the property
 */
export function parseConfig(stored: unknown): PipelibConfig {
  const parsed = ConfigSchema.safeParse(migrate(stored));
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
