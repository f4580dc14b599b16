import { z } from 'zod';
import { collectionNodeDefaults } from '../../lib/collections/node-defaults';
import { parseStoredConfig } from '../../lib/pipeline/node/stored-config';
import { migrations } from './migrations';

const ConfigSchema = z.object({
  configVersion: z.literal(1).default(1),
  collection: z.string().default(collectionNodeDefaults.collection),
  mode: z.enum(['insert', 'query']).default(collectionNodeDefaults.mode),
  query: z.string().default(collectionNodeDefaults.query),
});

/** The stored configuration of a `model-collection`, complete. */
export type CollectionConfig = z.infer<typeof ConfigSchema>;

/** @throws {ModelManagementError} `INVALID_INPUT` naming the property */
export function parseConfig(stored: unknown): CollectionConfig {
  return parseStoredConfig(ConfigSchema, migrations, stored);
}
