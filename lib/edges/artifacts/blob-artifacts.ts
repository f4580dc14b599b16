import { stat } from 'node:fs/promises';
import { errorCode, storageError, withFile } from '../../files';
import type { Digest } from '../../ids';
import type { BlobStore } from '../../store';
import type { ArtifactSource, OpenArtifact } from './offered-artifact';

/**
 * Offers the blobs of a store.
 * @param isOffered - which of them; asked when one is wanted after a rest
 */
export function blobArtifacts(blobs: BlobStore, isOffered: (digest: Digest) => boolean): OpenArtifact {
  return async (digest) => {
    if (!isOffered(digest)) return undefined;
    return fileArtifact(digest, () => blobs.pathOf(digest));
  };
}

/**
 * A file as an artifact; undefined when it is not there.
 * @param pathOf - where it lies now; undefined = nowhere
 * @throws {ModelManagementError} `STORAGE_FAILED`
 */
export async function fileArtifact(
  digest: Digest,
  pathOf: () => string | undefined,
): Promise<ArtifactSource | undefined> {
  const path = pathOf();
  if (path === undefined) return undefined;
  try {
    const { size } = await stat(path);
    // The same content may lie elsewhere by then.
    return { sizeBytes: size, read: (offset, length) => readRange(pathOf() ?? path, offset, length) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw storageError(error, `looking for the file of ${digest}`);
  }
}

/** Opens it each time: a blob that is not sent right now may be removed, on Windows too. */
async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  return withFile(path, 'r', async (handle) => {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  });
}
