import { statfs } from 'node:fs/promises';
import { ensureFolder } from '../../files';
import type { Digest } from '../../ids';
import type { BlobStore } from '../../store';
import { noRoom } from './artifact-errors';
import type { Partials } from './partials';
import type { CountedStore, StorageBudget } from './storage-budget';

/** Room for what is to come, before it comes: a disk that runs full hurts more than the transfer. */
export class Quota implements CountedStore {
  readonly #reserved = new Map<Digest, number>();

  constructor(
    readonly blobs: BlobStore,
    private readonly partials: Partials,
    private readonly budget: StorageBudget,
  ) {
    budget.count(this);
  }

  /**
   * Takes room until released.
   * @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED`
   */
  async reserve(digest: Digest, sizeBytes: number): Promise<void> {
    const { budget, partials } = this;
    await budget.turns.run(1, async () => {
      const othersBytes = await budget.usedBytes(this, digest);
      if (othersBytes + sizeBytes > budget.maxBytes) {
        const what = `${othersBytes} of the ${budget.maxBytes} bytes allowed are in use`;
        throw noRoom(digest, `${what} and it needs ${sizeBytes}`);
      }
      await ensureFolder(partials.path);
      const { bavail, bsize } = await statfs(partials.path);
      const neededBytes = sizeBytes - (await partials.bytesOf(digest));
      if (neededBytes > bavail * bsize) {
        throw noRoom(digest, `${bavail * bsize} bytes are free on the disk and it needs ${neededBytes}`);
      }
      this.#reserved.set(digest, sizeBytes);
    });
  }

  release(digest: Digest): void {
    this.#reserved.delete(digest);
  }

  /** Parts, and what parts under way will take. */
  async pendingBytes(except?: Digest): Promise<number> {
    let bytes = 0;
    for (const reservedBytes of this.#reserved.values()) bytes += reservedBytes;
    for (const digest of await this.partials.list()) {
      if (digest !== except && !this.#reserved.has(digest)) bytes += await this.partials.bytesOf(digest);
    }
    return bytes;
  }
}
