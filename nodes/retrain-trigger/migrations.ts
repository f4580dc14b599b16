import type { Migrations } from '../../lib/pipeline/node/stored-config';

export const migrations: Migrations = [(stored) => ({ ...stored, configVersion: 1 })];
