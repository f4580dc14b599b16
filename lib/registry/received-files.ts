import type { Readable } from 'node:stream';
import type { BlobLease, BlobStore } from '../store';
import type { VersionAttributes } from './input';
import { runnableFile } from './runnable-file';
import type { OriginalFile } from './types';

/** The files of one upload, in the blob store and kept there until released; not a version yet. */
export interface ReceivedFiles {
  readonly model: BlobLease;
  readonly preprocessing?: BlobLease;
  readonly additionalOutputs: readonly { readonly path: string; readonly blob: BlobLease }[];
  /** From `version.json`. */
  readonly attributes: VersionAttributes;
  /** Of a model file that was changed: here, or before it was exported. */
  readonly original?: OriginalFile;
  /** Names of the classes that the file lost when it was changed. */
  readonly labels?: readonly string[];
}

/**
 * The files with a model that runs here in place of the one that came.
 * @throws as `runnableFile`
 */
export async function asRunnable(files: ReceivedFiles, intake: Intake, maxBytes: number): Promise<ReceivedFiles> {
  const { blob, ...change } = await runnableFile(
    files.model,
    (source) => intake.put(source, { maxBytes }),
    intake.signal,
  );
  return { ...files, model: blob, ...change };
}

/** Puts files of one upload into the blob store and remembers them, so that a refused upload leaves nothing behind. */
export class Intake {
  readonly leases: BlobLease[] = [];
  /**
   * Set before the document that names the files is written. When that write fails, only a restart tells for certain
   * what is on the disk, so the files are left to garbage collection.
   */
  mayBeNamed = false;

  constructor(
    private readonly blobs: Pick<BlobStore, 'put'>,
    readonly signal: AbortSignal,
  ) {}

  async put(
    source: Readable | AsyncIterable<Buffer>,
    options: Omit<Parameters<BlobStore['put']>[1], 'signal'>,
  ): Promise<BlobLease> {
    const lease = await this.blobs.put(source, { ...options, signal: this.signal });
    this.leases.push(lease);
    return lease;
  }

  release(): void {
    for (const lease of this.leases) lease.release();
  }
}
