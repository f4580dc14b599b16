import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../clock';
import { ModelManagementError } from '../errors';
import { ensureFolder, errorCode, storageError, syncPath, TEMPORARY_SUFFIX, withFile } from '../files';
import { Digest } from '../ids';
import type { Log } from '../log';
import { readChunks } from './chunk-source';
import { KeyedQueue } from './keyed-queue';

export interface BlobStoreOptions {
  readonly path: string;
  /** For uploads under way; on the same disk as `path`. */
  readonly tempPath: string;
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface BlobPutOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** When given, other bytes are refused. */
  readonly expectedDigest?: Digest;
}

/** Keeps one blob from being collected until released, so that the document naming it can be written in peace. */
export interface BlobLease {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly path: string;
  /** Twice is safe. */
  release(): void;
}

export interface BlobInfo {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** When these bytes were last uploaded. */
  readonly storedAt: number;
}

export interface GarbageOptions {
  /** True when a document names the blob; asked again right before each removal. */
  readonly isNamed: (digest: Digest) => boolean;
  /** Tells what would be removed, removes nothing. */
  readonly dryRun: boolean;
  /** Blobs uploaded more recently stay. */
  readonly minAgeMs: number;
}

export interface GarbageReport {
  readonly removed: readonly { readonly digest: Digest; readonly sizeBytes: number }[];
  readonly freedBytes: number;
}

/** Files under their SHA-256: `sha256/ab/<64 hex digits>`. Readers never see a part of a blob. */
export interface BlobStore {
  /**
   * Stores the bytes durably; the same bytes twice are one blob, and a damaged blob is replaced by a good upload.
   * Never buffers the whole, and leaves nothing behind when it fails. The source is not destroyed: on a failure its
   * owner decides whether to answer or to cut.
   *
   * @throws {ModelManagementError} `MODEL_TOO_LARGE`, `DIGEST_MISMATCH`, `ABORTED` (signal, or the source failed or
   *   ended in the middle), `STORAGE_FULL`, `STORAGE_FAILED`
   */
  put(source: Readable | AsyncIterable<Buffer>, options: BlobPutOptions): Promise<BlobLease>;
  has(digest: Digest): Promise<boolean>;
  /** Where the blob is, or would be. */
  pathOf(digest: Digest): string;
  /** All blobs in the order of their digests. */
  list(): Promise<readonly BlobInfo[]>;
  /** Reads the whole blob and compares. */
  verify(digest: Digest): Promise<'whole' | 'damaged' | 'missing'>;
  /** Removes blobs that no document names, no lease protects and that are old enough; safe beside uploads. */
  collectGarbage(options: GarbageOptions): Promise<GarbageReport>;
}

/** @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED` */
export async function openBlobStore(options: BlobStoreOptions): Promise<BlobStore> {
  const root = join(options.path, 'sha256');
  await ensureFolder(root);
  await ensureFolder(options.tempPath);
  return new FileBlobStore(root, options.tempPath, options.log, options.clock ?? systemClock);
}

class FileBlobStore implements BlobStore {
  readonly #leaseCounts = new Map<Digest, number>();
  /** Publishing and removing one digest never overlap. */
  readonly #perDigest = new KeyedQueue();

  constructor(
    private readonly root: string,
    private readonly tempPath: string,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  async put(source: Readable | AsyncIterable<Buffer>, options: BlobPutOptions): Promise<BlobLease> {
    const temporary = join(this.tempPath, `${randomUUID()}${TEMPORARY_SUFFIX}`);
    let lease: BlobLease | undefined;
    try {
      const received = await withFile(temporary, 'wx', (handle) => receive(source, handle, options), 0o600);
      const { digest, sizeBytes } = received;
      lease = this.#lease(digest, sizeBytes);
      await this.#perDigest.run(digest, () => this.#publish(temporary, digest));
      return lease;
    } catch (error) {
      lease?.release();
      throw storageError(error, 'storing the uploaded file');
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.#stat(digest)) !== undefined;
  }

  pathOf(digest: Digest): string {
    const hex = Digest.parse(digest).slice('sha256:'.length);
    return join(this.root, hex.slice(0, 2), hex);
  }

  async list(): Promise<readonly BlobInfo[]> {
    const found: BlobInfo[] = [];
    for (const name of await readdir(this.root, { recursive: true })) {
      const digest = Digest.safeParse(`sha256:${name.replace(/^[0-9a-f]{2}[/\\]/, '')}`);
      const info = digest.success && name.length > 64 ? await this.#stat(digest.data) : undefined;
      if (info) found.push(info);
    }
    return found.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  }

  async verify(digest: Digest): Promise<'whole' | 'damaged' | 'missing'> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(this.pathOf(digest))) hash.update(chunk);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'missing';
      // EIO: the disk itself says that the bytes are lost.
      if (errorCode(error) === 'EIO') return 'damaged';
      throw storageError(error, `reading the blob ${digest}`);
    }
    return `sha256:${hash.digest('hex')}` === digest ? 'whole' : 'damaged';
  }

  async collectGarbage({ isNamed, dryRun, minAgeMs }: GarbageOptions): Promise<GarbageReport> {
    const removed: { digest: Digest; sizeBytes: number }[] = [];
    const isGarbage = ({ digest, storedAt }: BlobInfo): boolean =>
      !this.#leaseCounts.has(digest) && storedAt <= this.clock.now() - minAgeMs && !isNamed(digest);
    for (const { digest } of await this.list()) {
      await this.#perDigest.run(digest, async () => {
        const info = await this.#stat(digest);
        if (!info || !isGarbage(info)) return;
        // An upload that takes its lease from here on waits for its turn and puts the blob back.
        if (!dryRun) await rm(this.pathOf(digest));
        removed.push({ digest, sizeBytes: info.sizeBytes });
      });
    }
    const freedBytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (!dryRun && removed.length > 0) this.log.info('blobs removed', { count: removed.length, freedBytes });
    return { removed, freedBytes };
  }

  #lease(digest: Digest, sizeBytes: number): BlobLease {
    this.#leaseCounts.set(digest, (this.#leaseCounts.get(digest) ?? 0) + 1);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      const leaseCount = (this.#leaseCounts.get(digest) ?? 0) - 1;
      if (leaseCount > 0) this.#leaseCounts.set(digest, leaseCount);
      else this.#leaseCounts.delete(digest);
    };
    return { digest, sizeBytes, path: this.pathOf(digest), release };
  }

  /** Always renames, also over a blob of that name: the bytes in hand are proved, those on disk may be damaged. */
  async #publish(temporary: string, digest: Digest): Promise<void> {
    const target = this.pathOf(digest);
    await ensureFolder(dirname(target));
    try {
      await rename(temporary, target);
    } catch (error) {
      // Windows does not replace a file that is open, such as a model in use.
      if (!['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '')) throw error;
      if ((await this.verify(digest)) !== 'whole') throw error;
    }
    await syncPath(dirname(target));
  }

  async #stat(digest: Digest): Promise<BlobInfo | undefined> {
    try {
      const found = await stat(this.pathOf(digest));
      return found.isFile() ? { digest, sizeBytes: found.size, storedAt: found.mtimeMs } : undefined;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw storageError(error, `looking for the blob ${digest}`);
    }
  }
}

async function receive(
  source: Readable | AsyncIterable<Buffer>,
  handle: FileHandle,
  { maxBytes, signal, expectedDigest }: BlobPutOptions,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of readChunks(source, signal)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new ModelManagementError(
        'MODEL_TOO_LARGE',
        `the file is larger than the ${maxBytes} bytes allowed`,
        'Upload a smaller file, or raise modelManagement.maxModelSizeBytes in settings.js.',
        { details: { maxBytes } },
      );
    }
    hash.update(chunk);
    for (let written = 0; written < chunk.length; ) {
      written += (await handle.write(chunk, written)).bytesWritten;
    }
  }
  const digest = Digest.parse(`sha256:${hash.digest('hex')}`);
  if (expectedDigest !== undefined && digest !== expectedDigest) {
    throw new ModelManagementError(
      'DIGEST_MISMATCH',
      `the file should be ${expectedDigest} and is ${digest}`,
      'Upload the file again: it was changed or cut on its way.',
      { details: { expected: expectedDigest, found: digest } },
    );
  }
  await handle.sync();
  return { digest, sizeBytes };
}
