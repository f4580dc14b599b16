import { ModelManagementError } from '../../errors';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import type { EdgeEffects } from './edge-effects';

type FileEffects = Pick<EdgeEffects, 'artifacts' | 'freeBytes' | 'removeArtifact' | 'verifyArtifact'>;

/** What an edge knows of the artifacts on its disk. */
export class EdgeFiles {
  readonly #present = new Map<Digest, number>();
  readonly #verified = new Set<Digest>();
  #freeBytes = 0;

  constructor(
    private readonly effects: FileEffects,
    private readonly log: Log,
  ) {}

  /** @throws what the effects do */
  async open(): Promise<void> {
    for (const [digest, sizeBytes] of await this.effects.artifacts()) this.#present.set(digest, sizeBytes);
    await this.measure();
  }

  /** Bytes of those that lie whole on the disk. */
  get present(): ReadonlyMap<Digest, number> {
    return this.#present;
  }

  /** Those that were compared with their digest since the start. */
  get verified(): ReadonlySet<Digest> {
    return this.#verified;
  }

  /** As measured last. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  async measure(): Promise<void> {
    this.#freeBytes = await this.effects.freeBytes();
  }

  /** What others have fetched by half would count twice, so the disk is asked when none is under way. */
  async fetched(digest: Digest, sizeBytes: number, isAlone: boolean): Promise<void> {
    this.#present.set(digest, sizeBytes);
    if (isAlone) await this.measure();
    else this.#freeBytes -= sizeBytes;
  }

  /** Something else brought it, or took it away where there is no size. */
  note(digest: Digest, sizeBytes: number | undefined): void {
    if (sizeBytes === undefined) this.#present.delete(digest);
    else this.#present.set(digest, sizeBytes);
  }

  /** @returns false of one that is damaged */
  async verify(digest: Digest, signal: AbortSignal): Promise<boolean> {
    const isWhole = await this.effects.verifyArtifact(digest, signal);
    if (isWhole) this.#verified.add(digest);
    return isWhole;
  }

  /** Known until it is gone: what is left behind takes room, and is removed another time. */
  async remove(digest: Digest): Promise<void> {
    this.#verified.delete(digest);
    await this.effects.removeArtifact(digest);
    this.#present.delete(digest);
  }

  /** @returns what is said of it */
  async dropDamaged(digest: Digest): Promise<ModelManagementError> {
    await this.remove(digest).catch((error: unknown) => {
      this.log.warn('damaged artifact not removed, it is written over', { digest, error });
    });
    this.#present.delete(digest);
    await this.measure();
    const message = `The file ${digest.slice(0, 15)}… was damaged on the disk of the edge; it is fetched again.`;
    return new ModelManagementError('STORAGE_CORRUPT', message, 'If this comes again, check the disk of the edge.');
  }
}
