import type { AliasName, Digest, ModelName, VersionNumber } from '../ids';
import type { Signature } from './signature';

/** Name of the Node-RED user behind a change; null where the editor has no login. */
export type User = string | null;

export type Tags = Readonly<Record<string, string>>;
export type Metrics = Readonly<Record<string, number>>;

/** Something that would stop working if the model went away. */
export interface Usage {
  readonly kind: 'node' | 'job' | 'edge' | 'pipeline';
  readonly id: string;
  readonly name: string;
  /** Name of the flow tab a node stands on. */
  readonly tab?: string;
  /** Version reference as its user wrote it: an alias or a number. Absent = not known, taken to be any alias. */
  readonly ref?: string;
}

/** A file a training run produced beside the model, or that came with an upload. */
export interface AdditionalOutput {
  /** Below `additional_output/`, separated by `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

export interface Preprocessing {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly signature: Signature;
}

/** What was changed in a file that came, so that it runs here. */
export interface ModelChange {
  /** The ZipMap at the end was taken out: the tensor of scores it made dictionaries of is the output instead. */
  readonly kind: 'zipMapRemoved';
  /** Name of the output that went. */
  readonly output: string;
  /** Name of the output that came. */
  readonly tensor: string;
}

/** The model file as it came, where another is stored for it. */
export interface OriginalFile {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly changes: readonly ModelChange[];
}

/** What a table of versions shows. */
export interface VersionSummary {
  readonly version: VersionNumber;
  readonly createdAt: string;
  readonly createdBy: User;
  readonly source: VersionSource;
  readonly runId?: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly description: string;
  readonly tags: Tags;
  readonly aliases: readonly AliasName[];
  readonly metrics: Metrics;
}

export type VersionSource = 'upload' | 'run';

/** One immutable set of files of a model, with what is known about it. */
export interface Version extends VersionSummary {
  readonly model: ModelName;
  readonly parentVersion?: VersionNumber;
  /** Class names in the order of the scores. */
  readonly labels?: readonly string[];
  /** Names of the columns of the input, in order. */
  readonly features?: readonly string[];
  /** Of `model.onnx` alone; what a caller feeds where there is preprocessing: `effectiveSignature`. */
  readonly signature: Signature;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly irVersion: number;
  /** Name and version of the program that wrote the file; empty if it does not say. */
  readonly producer: string;
  readonly preprocessing?: Preprocessing;
  /** Present where `model.onnx` was changed: `digest` and `sizeBytes` are those of the file that runs. */
  readonly original?: OriginalFile;
  readonly additionalOutputs: readonly AdditionalOutput[];
  readonly lineage?: Readonly<Record<string, unknown>>;
}

/** Where a model runs beside this machine. */
export interface ModelEdge {
  readonly name: string;
  readonly version: number | string;
  readonly reported: { readonly version: number | null; readonly state: string; readonly error?: string };
}

export interface Model {
  readonly name: ModelName;
  readonly description: string;
  readonly tags: Tags;
  readonly createdAt: string;
  /** Last change to the model, one of its versions or aliases. */
  readonly updatedAt: string;
  /** Without the computed `latest`. */
  readonly aliases: Readonly<Record<string, VersionNumber>>;
  /** Highest number among the versions that exist; null while there are none. */
  readonly latestVersion: VersionNumber | null;
  /** Newest first. */
  readonly versions: readonly VersionSummary[];
  readonly edges: readonly ModelEdge[];
  readonly usedBy: readonly Usage[];
  /** What `rollback` would deploy now; null = nothing to roll back to. */
  readonly rollbackVersion: VersionNumber | null;
}

export const auditActions = [
  'model.create',
  'model.update',
  'model.delete',
  'version.create',
  'version.update',
  'version.delete',
  'alias.set',
  'alias.delete',
  'rollback',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** The changed fields with their value before or after; null = there was nothing, or nothing is left. */
export type AuditFields = Readonly<Record<string, unknown>> | null;

export interface AuditEntry {
  readonly at: string;
  readonly user: User;
  readonly action: AuditAction;
  readonly before: AuditFields;
  readonly after: AuditFields;
}

/** Says only what changed; listeners read the state themselves. */
export interface RegistryChange {
  readonly kind: 'model' | 'version' | 'alias';
  readonly name: ModelName;
  readonly change: 'created' | 'updated' | 'deleted' | 'moved';
  readonly version?: VersionNumber;
  readonly alias?: AliasName;
}
