import type { Readable } from 'node:stream';
import type { Clock } from '../clock';
import type { AliasName, Digest, ModelName } from '../ids';
import type { Log } from '../log';
import type { AuditDocument, ModelDocument, VersionDocument } from './documents';
import type { Signature } from './signature';
import type { Usage, Version } from './types';

/** What the registry asks of a document store: everything at start, and durable inserts. */
export interface Documents<D> {
  all(): readonly D[];
  /** Resolves when the document is on the disk. */
  insert(document: D): Promise<unknown>;
}

/** A stored blob that garbage collection leaves alone until it is released. */
export interface Lease {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly path: string;
  release(): void;
}

/** What the registry asks of a blob store. */
export interface Blobs {
  put(
    source: Readable,
    options: { readonly maxBytes: number; readonly signal?: AbortSignal; readonly expectedDigest?: Digest },
  ): Promise<Lease>;
  pathOf(digest: Digest): string;
}

/** A version that is loaded and warm beside the one that serves. Exactly one of the two is called, once. */
export interface AliasSwitch {
  /** From now on the alias answers with the new version. */
  commit(): void;
  /** The alias did not move: let the new version go. */
  abandon(): void;
}

export interface AliasMove {
  readonly model: ModelName;
  readonly alias: AliasName;
  readonly version: Version;
}

export interface RegistryDeps {
  readonly documents: {
    readonly models: Documents<ModelDocument>;
    readonly versions: Documents<VersionDocument>;
    readonly audit: Documents<AuditDocument>;
  };
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Loads the files in a throw-away process and tells the signature the runtime sees.
   * @throws {ModelManagementError} `INVALID_MODEL`; `ENGINE_UNAVAILABLE` is taken as "cannot be tested here"
   */
  readonly testLoad: (
    files: { readonly modelPath: string; readonly preprocessingPath?: string },
    signal?: AbortSignal,
  ) => Promise<Signature>;
  /**
   * Loads and warms a version for an alias that is about to move to it.
   * @throws {ModelManagementError} `VERSION_UNUSABLE`, `ENGINE_FULL`; `ENGINE_UNAVAILABLE` is taken as "nothing runs
   * here": the alias moves without a switch
   */
  readonly prepareAlias: (move: AliasMove) => Promise<AliasSwitch>;
  readonly usage: (model: ModelName) => readonly Usage[];
  readonly maxModelSizeBytes: number;
}
