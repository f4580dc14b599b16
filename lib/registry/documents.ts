import { z } from 'zod';
import { AliasName, Digest, ModelName, VersionNumber } from '../ids';
import { tensorTypes } from './signature';

/*
 * What lies in `models.db`, `versions.db` and `audit.db`. Documents are only ever inserted: the state of a model is
 * what its documents give when applied in the order of `seq`, which is counted per model key and never used twice.
 * One change is one document, so a crash between two writes leaves the state before or after a change.
 */

/** A model's name as it is compared: lower case. */
export type ModelKey = string;

const count = z.int().nonnegative();
const tags = z.record(z.string(), z.string());
const metrics = z.record(z.string(), z.number());
const names = z.array(z.string()).readonly();
const fields = z.record(z.string(), z.unknown()).nullable();

const tensor = z.object({
  name: z.string(),
  type: z.enum(tensorTypes),
  shape: z
    .array(z.union([count, z.string(), z.null()]))
    .readonly()
    .nullable(),
});
export const SignatureDocument = z.object({ inputs: z.array(tensor).readonly(), outputs: z.array(tensor).readonly() });

const valueName = z.string().max(4_096);
const change = z.object({ kind: z.literal('zipMapRemoved'), output: valueName, tensor: valueName });
/** The model file as it came, where it was changed. */
export const OriginalFile = z.object({ digest: Digest, sizeBytes: count, changes: z.array(change).max(16).readonly() });

const fact = {
  _id: z.string(),
  key: z.string(),
  seq: z.int().positive(),
  /** Epoch ms. */
  at: z.int(),
  /** Null where the editor has no login. */
  user: z.string().nullable(),
};

/** A model began to exist. A name that returns after deletion is a new document with the next `life`. */
export const ModelDocument = z
  .object({ ...fact, life: z.int().positive(), name: ModelName, description: z.string(), tags })
  .readonly();
export type ModelDocument = z.infer<typeof ModelDocument>;

/** A version began to exist, and with it the aliases it came with: one line, so neither is ever there alone. */
export const VersionDocument = z
  .object({
    ...fact,
    life: z.int().positive(),
    version: VersionNumber,
    initialAliases: z.array(AliasName).readonly(),
    source: z.enum(['upload', 'run']),
    runId: z.string().exactOptional(),
    parentVersion: VersionNumber.exactOptional(),
    digest: Digest,
    sizeBytes: count,
    description: z.string(),
    tags,
    labels: names.exactOptional(),
    features: names.exactOptional(),
    metrics,
    signature: SignatureDocument,
    opset: z.int(),
    irVersion: z.int(),
    producer: z.string(),
    preprocessing: z.object({ digest: Digest, sizeBytes: count, signature: SignatureDocument }).exactOptional(),
    original: OriginalFile.exactOptional(),
    additionalOutputs: z.array(z.object({ path: z.string(), sizeBytes: count, digest: Digest })).readonly(),
    lineage: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .readonly();
export type VersionDocument = z.infer<typeof VersionDocument>;

/** `after` of a model's update: the fields that changed. */
export const ModelChanges = z.object({ description: z.string().exactOptional(), tags: tags.exactOptional() });

/** `after` of a version's update: the fields that changed; names that are null or empty are gone. */
export const VersionChanges = z.object({
  description: z.string().exactOptional(),
  tags: tags.exactOptional(),
  metrics: metrics.exactOptional(),
  labels: names.nullable().exactOptional(),
  features: names.nullable().exactOptional(),
});
export type VersionChanges = z.infer<typeof VersionChanges>;

/** Every later change. It does not describe the change: it is the change, `after` holds the new values. */
export const AuditDocument = z
  .object({
    ...fact,
    action: z.enum([
      'model.update',
      'model.delete',
      'version.update',
      'version.delete',
      'alias.set',
      'alias.delete',
      'rollback',
    ]),
    version: VersionNumber.exactOptional(),
    alias: AliasName.exactOptional(),
    before: fields,
    after: fields,
  })
  .readonly();
export type AuditDocument = z.infer<typeof AuditDocument>;

export type RegistryDocument = ModelDocument | VersionDocument | AuditDocument;
