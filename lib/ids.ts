import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ALIAS_NAME, MODEL_NAME } from './names';

/** As `MODEL_NAME`; compared without regard to case, kept as first written. */
export const ModelName = z.string().regex(MODEL_NAME).brand<'ModelName'>();
export type ModelName = z.infer<typeof ModelName>;

/** Positive integer, counted per model and never used again. */
export const VersionNumber = z.number().int().positive().brand<'VersionNumber'>();
export type VersionNumber = z.infer<typeof VersionNumber>;

/** A mutable name for one version; never a number. `deployed` and `latest` are reserved. */
export const AliasName = z.string().regex(ALIAS_NAME).brand<'AliasName'>();
export type AliasName = z.infer<typeof AliasName>;

/** `^pipelib_[A-Za-z0-9_]{1,56}$`; compared exactly, as JavaScript does with the name it is. */
export const LibraryName = z
  .string()
  .regex(/^pipelib_[A-Za-z0-9_]{1,56}$/)
  .brand<'LibraryName'>();
export type LibraryName = z.infer<typeof LibraryName>;

/** `sha256:` and 64 lower-case hex digits. */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .brand<'Digest'>();
export type Digest = z.infer<typeof Digest>;

export const DEPLOYED = AliasName.parse('deployed');
export const LATEST = AliasName.parse('latest');

export function newId(): string {
  return randomUUID();
}
