import { statfs } from 'node:fs/promises';
import { Admission } from '../../admission';
import { ensureFolder } from '../../files';
import type { Digest } from '../../ids';
import type { BlobStore } from '../../store';
import { noRoom } from './artifact-errors';
import type { Partials } from './partials';

/** Room for what is to come, before it comes: a disk that runs full hurts more than the transfer. */
export class Quota {
  readonly #reserved = new Map<Digest, number>();
  /** Counted and taken by one at a time. */
  readonly #turns = new Admission(1);

  constructor(
    private readonly blobs: BlobStore,
    private readonly partials: Partials,
    private readonly maxBytes: number,
  ) {}

  /**
   * Takes room until released.
   * @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED`
   */
  async reserve(digest: Digest, sizeBytes: number): Promise<void> {
    await this.#turns.run(1, async () => {
      const othersBytes = await this.#usedBytes(digest);
      if (othersBytes + sizeBytes > this.maxBytes) {
        const what = `${othersBytes} of the ${this.maxBytes} bytes allowed are in use`;
        throw noRoom(digest, `${what} and it needs ${sizeBytes}`);
      }
      await ensureFolder(this.partials.path);
      const { bavail, bsize } = await statfs(this.partials.path);
      const neededBytes = sizeBytes - (await this.partials.bytesOf(digest));
      if (neededBytes > bavail * bsize) {
        throw noRoom(digest, `${bavail * bsize} bytes are free on the disk and it needs ${neededBytes}`);
      }
      this.#reserved.set(digest, sizeBytes);
    });
  }

  release(digest: Digest): void {
    this.#reserved.delete(digest);
  }

  /** Of all but one: blobs, parts, and what parts under way will take. */
  async #usedBytes(except: Digest): Promise<number> {
    let bytes = 0;
    for (const reservedBytes of this.#reserved.values()) bytes += reservedBytes;
    for (const { digest, sizeBytes } of await this.blobs.list()) if (digest !== except) bytes += sizeBytes;
    for (const digest of await this.partials.list()) {
      if (digest !== except && !this.#reserved.has(digest)) bytes += await this.partials.bytesOf(digest);
    }
    return bytes;
  }
}
