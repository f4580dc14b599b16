import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder, errorCode, namesIn, storageError, syncPath } from '../../files';
import { Digest } from '../../ids';

/** The folder that holds a folder for each artifact of which a part is there. */
export class Partials {
  constructor(readonly path: string) {}

  folderOf(digest: Digest): string {
    return join(this.path, digest.slice('sha256:'.length));
  }

  /** @throws {ModelManagementError} `STORAGE_FAILED` */
  async list(): Promise<Digest[]> {
    try {
      return (await namesIn(this.path)).flatMap((name) => Digest.safeParse(`sha256:${name}`).data ?? []);
    } catch (error) {
      throw storageError(error, 'listing partial artifacts');
    }
  }

  /** What it takes on the disk, where places that are empty yet take nothing. */
  async bytesOf(digest: Digest): Promise<number> {
    try {
      const { size, blocks } = await stat(join(this.folderOf(digest), 'data'));
      // Windows tells no blocks.
      return blocks > 0 ? Math.min(size, blocks * 512) : size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 0;
      throw storageError(error, 'looking for a partial artifact');
    }
  }

  async remove(digest: Digest): Promise<void> {
    try {
      await ensureFolder(this.path);
      await rm(this.folderOf(digest), { recursive: true, force: true });
      await syncPath(this.path);
    } catch (error) {
      throw storageError(error, 'removing a partial artifact');
    }
  }
}
