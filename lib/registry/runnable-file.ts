import type { BlobLease } from '../store';
import { splicedFile } from './onnx/file-splice';
import { findZipMap } from './onnx/zip-map';
import type { OriginalFile } from './types';

/** A model file in the form that runs here. */
export interface RunnableFile {
  readonly blob: BlobLease;
  /** Present where it was changed. */
  readonly original?: OriginalFile;
  /** What was taken out of it knew the names of the classes. */
  readonly labels?: readonly string[];
}

/**
 * Makes of a received file one that gives nothing but tensors: a ZipMap at its end is taken out. Other files stay as
 * they are. The same file always becomes the same file; its weights are copied, never held in memory.
 *
 * @param store - puts the changed file beside the received one
 * @throws {ModelManagementError} `INVALID_MODEL`; what `store` throws
 */
export async function runnableFile(
  received: BlobLease,
  store: (source: AsyncIterable<Buffer>) => Promise<BlobLease>,
  signal?: AbortSignal,
): Promise<RunnableFile> {
  const zipMap = await findZipMap(received.path, signal);
  if (!zipMap) return { blob: received };
  const blob = await store(splicedFile(received.path, zipMap.splices));
  const { digest, sizeBytes } = received;
  return { blob, original: { digest, sizeBytes, changes: [zipMap.change] }, labels: zipMap.labels };
}
