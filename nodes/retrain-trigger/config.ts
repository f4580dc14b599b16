import { z } from 'zod';
import { parseStoredConfig } from '../../lib/pipeline/node/stored-config';
import { triggerDefaults } from '../../lib/training/trigger-defaults';
import { migrations } from './migrations';

const count = z.coerce.number().int().nonnegative();

const ConfigSchema = z.object({
  configVersion: z.literal(1).default(1),
  job: z.string().default(triggerDefaults.job),
  mode: z.enum(['message', 'count', 'threshold']).default(triggerDefaults.mode),
  count: count.min(1).default(triggerDefaults.count),
  property: z.string().default(triggerDefaults.property),
  operator: z.enum(['<', '<=', '>', '>=']).default(triggerDefaults.operator),
  limit: z.coerce.number().default(triggerDefaults.limit),
  forMessages: count.min(1).default(triggerDefaults.forMessages),
  minIntervalMs: count.default(triggerDefaults.minIntervalMs),
});

/** The stored configuration of a `retrain-trigger`, complete. */
export type TriggerConfig = z.infer<typeof ConfigSchema>;

/** @throws {ModelManagementError} `INVALID_INPUT` naming the property */
export function parseConfig(stored: unknown): TriggerConfig {
  return parseStoredConfig(ConfigSchema, migrations, stored);
}
