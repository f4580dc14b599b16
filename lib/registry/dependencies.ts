import type { Clock } from '../clock';
import type { AliasName, Digest, ModelName } from '../ids';
import type { Log } from '../log';
import type { BlobStore, DocumentStore } from '../store';
import type { AuditDocument, ModelDocument, VersionDocument } from './documents';
import type { Signature } from './signature';
import type { ModelEdge, Usage, Version } from './types';

/** A version that is loaded and warm beside the one that serves. Exactly one of the two is called, once. */
export interface AliasSwitch {
  /** From now on the alias answers with the new version. Must not throw: the move is on the disk already. */
  commit(): void;
  /** The alias did not move: let the new version go. */
  abandon(): void;
}

export interface AliasMove {
  readonly model: ModelName;
  readonly alias: AliasName;
  readonly version: Version;
}

/** The files the runtime loads, as one. */
export interface ModelFiles {
  readonly modelPath: string;
  readonly preprocessingPath?: string;
}

export interface RegistryDeps {
  readonly documents: {
    readonly models: Pick<DocumentStore<ModelDocument>, 'all' | 'insert'>;
    readonly versions: Pick<DocumentStore<VersionDocument>, 'all' | 'insert'>;
    readonly audit: Pick<DocumentStore<AuditDocument>, 'all' | 'insert'>;
  };
  readonly blobs: Pick<BlobStore, 'put' | 'pathOf' | 'collectGarbage'>;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Loads the files in a throw-away process and tells the signature the runtime sees.
   * @throws {ModelManagementError} `INVALID_MODEL`; `ENGINE_UNAVAILABLE` is taken as "cannot be tested here": the
   * version is accepted on what the file says
   */
  readonly testLoad: (files: ModelFiles, signal?: AbortSignal) => Promise<Signature>;
  /**
   * Loads and warms a version for an alias that is about to move to it: `deployed`, or one that a node follows.
   * @throws {ModelManagementError} `VERSION_UNUSABLE`, `ENGINE_FULL`; `ENGINE_UNAVAILABLE` is taken as "nothing runs
   * here": the alias moves without a switch
   */
  readonly prepareAlias: (move: AliasMove) => Promise<AliasSwitch>;
  readonly usage: (model: ModelName) => readonly Usage[];
  /** Where else a model runs. Default nowhere. */
  readonly edges?: (model: ModelName) => readonly ModelEdge[];
  /** Blobs that others keep: files of jobs. Default none. */
  readonly isNamedElsewhere?: (digest: Digest) => boolean;
  readonly maxModelSizeBytes: number;
}
