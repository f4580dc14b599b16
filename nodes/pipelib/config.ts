import { z } from 'zod';
import { JoinSchema, timeField } from '../../lib/pipeline/join-config';
import { parseStoredConfig } from '../../lib/pipeline/node/stored-config';
import { pipelibDefaults } from '../../lib/pipeline/pipelib-defaults';
import { migrations } from './migrations';

const ConfigSchema = z.object({
  configVersion: z.literal(1).default(1),
  library: z.string().default(pipelibDefaults.library),
  timeoutMs: timeField(pipelibDefaults.timeoutMs),
  parentIds: z.array(z.string()).default([]),
  join: JoinSchema,
});

/** The stored configuration of a `pipelib`, complete. */
export type PipelibConfig = z.infer<typeof ConfigSchema>;

/** @throws {ModelManagementError} `INVALID_INPUT` naming the property */
export function parseConfig(stored: unknown): PipelibConfig {
  return parseStoredConfig(ConfigSchema, migrations, stored);
}
