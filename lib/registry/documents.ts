import type { AliasName, Digest, ModelName, VersionNumber } from '../ids';
import type { Signature } from './signature';
import type {
  AdditionalOutput,
  AuditAction,
  AuditFields,
  Metrics,
  Preprocessing,
  Tags,
  User,
  VersionSource,
} from './types';

/** A model's name as it is compared: lower case. */
export type ModelKey = string;

/**
 * What every document of the registry carries. Documents are only ever inserted: the state of a model is what its
 * documents give when applied in the order of `seq`, which is counted per model key and never used twice.
 */
interface Fact {
  readonly _id: string;
  readonly key: ModelKey;
  readonly seq: number;
  /** Epoch ms. */
  readonly at: number;
  readonly user: User;
}

/** A model began to exist. A name that returns after deletion is a new document with a new `life`. */
export interface ModelDocument extends Fact {
  readonly life: number;
  readonly name: ModelName;
  readonly description: string;
  readonly tags: Tags;
}

/** A version began to exist, and with it the aliases it came with: one line, so neither is ever there alone. */
export interface VersionDocument extends Fact {
  readonly life: number;
  readonly version: VersionNumber;
  readonly initialAliases: readonly AliasName[];
  readonly source: VersionSource;
  readonly runId?: string;
  readonly parentVersion?: VersionNumber;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly description: string;
  readonly tags: Tags;
  readonly labels?: readonly string[];
  readonly features?: readonly string[];
  readonly metrics: Metrics;
  readonly signature: Signature;
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly preprocessing?: Preprocessing;
  readonly additionalOutputs: readonly AdditionalOutput[];
  readonly lineage?: Readonly<Record<string, unknown>>;
}

/** Every later change. It does not describe the change: it is the change. */
export interface AuditDocument extends Fact {
  readonly action: Exclude<AuditAction, 'model.create' | 'version.create'>;
  readonly version?: VersionNumber;
  readonly alias?: AliasName;
  readonly before: AuditFields;
  readonly after: AuditFields;
}

export type RegistryDocument = ModelDocument | VersionDocument | AuditDocument;
