import type { Readable } from 'node:stream';
import type { RegistryDeps } from './dependencies';
import type { AuditEntry, Model, RegistryChange, User, Version } from './types';
import type { VersionUpload } from './upload';

export type VersionRef = string | number;

/** Models, their versions and aliases. Signatures only: the implementation follows. */
export declare class Registry {
  static open(deps: RegistryDeps): Promise<Registry>;
  list(): readonly Model[];
  findModel(name: string): Model | undefined;
  getModel(name: string): Model;
  createModel(input: unknown, user: User): Promise<Model>;
  updateModel(name: string, patch: unknown, user: User): Promise<Model>;
  deleteModel(name: string, options: { readonly force?: boolean }, user: User): Promise<void>;
  addVersion(name: string, upload: VersionUpload, user: User): Promise<Version>;
  listVersions(name: string): readonly Version[];
  findVersion(name: string, ref: VersionRef): Version | undefined;
  getVersion(name: string, ref: VersionRef): Version;
  updateVersion(name: string, ref: VersionRef, patch: unknown, user: User): Promise<Version>;
  deleteVersion(name: string, ref: VersionRef, user: User): Promise<void>;
  /** `move` = `{version, expectedVersion?, force?}`, checked here. */
  setAlias(name: string, alias: string, move: unknown, user: User): Promise<Model>;
  deleteAlias(name: string, alias: string, user: User): Promise<Model>;
  rollback(name: string, options: { readonly force?: boolean }, user: User): Promise<Model>;
  audit(name: string): readonly AuditEntry[];
  /** A tar that `addVersion` takes back. */
  exportVersion(name: string, ref: VersionRef): Readable;
  /** Where the files lie; for the engine and for downloads. */
  filesOf(version: Version): { readonly modelPath: string; readonly preprocessingPath?: string };
  collectGarbage(options?: { readonly dryRun?: boolean }): Promise<{ readonly count: number; readonly bytes: number }>;
  onChange(listener: (change: RegistryChange) => void): () => void;
}
