import type { Migrations } from '../../lib/pipeline/node/stored-config';

export const migrations: Migrations = [
  // Hand-written flows name the version as a number; the stored form is text.
  (stored) => ({
    ...stored,
    configVersion: 1,
    ...(typeof stored['version'] === 'number' ? { version: String(stored['version']) } : {}),
  }),
];
