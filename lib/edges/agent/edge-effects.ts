import type { Digest } from '../../ids';
import type { Capabilities, DesiredFile, DesiredModel, DesiredVersion } from '../protocol/documents';
import type { ServedRequests } from './health';

/**
 * What an agent does to its machine. Each can be done again: what is done already is left as it is. A rejection leaves
 * what serves as it was; its code and message are reported to the hub, so they hold no secret and no path.
 */
export interface EdgeEffects {
  capabilities(): Capabilities;
  /** Artifacts that lie whole on the disk for models of the hub. Asked once, at the start. */
  artifacts(): Promise<ReadonlyMap<Digest, number>>;
  /** What there is room for, on the disk and within the quota. */
  freeBytes(): Promise<number>;
  /**
   * Brings an artifact to the disk, whole and verified, going on where it was broken off.
   * @param onProgress - 0..1
   * @throws {ModelManagementError} `STORAGE_FULL`; the reason of the signal
   */
  fetchArtifact(file: DesiredFile, signal: AbortSignal, onProgress: (ratio: number) => void): Promise<void>;
  /** Compares what is on the disk with its digest. @returns false when it is damaged or gone */
  verifyArtifact(digest: Digest, signal: AbortSignal): Promise<boolean>;
  removeArtifact(digest: Digest): Promise<void>;
  /** Loads a version in a throw-away process, under limits. @throws {ModelManagementError} `INVALID_MODEL`, `VERSION_UNUSABLE` */
  testLoad(model: string, version: DesiredVersion, signal: AbortSignal): Promise<void>;
  /** Loads what the target deploys beside what serves. */
  warm(target: DesiredModel, signal: AbortSignal): Promise<void>;
  /** From now on new messages go to the target; what was under way ends where it began. */
  activate(target: DesiredModel): Promise<void>;
  /** The model serves no more. */
  deactivate(model: string): Promise<void>;
  /** Of the deployed version, since it was activated; undefined = not known. */
  served(model: string): ServedRequests | undefined;
}
