import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ensureFolder, errorCode, storageError, syncPath, writeFileDurably } from '../../files';
import { Digest } from '../../ids';
import { cancelled } from './artifact-errors';
import { ChunkSet } from './chunk-set';
import { type Manifest, pageMessage } from './manifest';
import type { ManifestCandidates } from './manifest-candidates';

const PartialState = z.object({ v: z.literal(1), root: z.string(), received: z.base64() });

/**
 * An artifact of which a part is there: a folder with `data`, the chunks at their places; `manifest`, the messages it
 * came in; and `state`, which chunks are in `data` for good. `state` is written only after `data` is on the disk, so it
 * never names what a power cut took. What it does not name yet but is there all the same is found by its digest.
 */
export class PartialFile {
  #manifest: Manifest | undefined;
  #received = new ChunkSet(0);
  #unsavedCount = 0;

  private constructor(
    private readonly folder: string,
    private readonly data: FileHandle,
  ) {}

  /**
   * @param candidates - gets the manifest that was kept, if it still passes
   * @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED`
   */
  static async open(folder: string, candidates: ManifestCandidates): Promise<PartialFile> {
    try {
      await ensureFolder(folder);
      const partial = new PartialFile(folder, await openData(join(folder, 'data')));
      try {
        await partial.#load(candidates);
        return partial;
      } catch (error) {
        await partial.data.close();
        throw error;
      }
    } catch (error) {
      throw storageError(error, 'opening a partial artifact');
    }
  }

  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** The chunks that are there and belong to the manifest. Not for the caller to change. */
  get received(): ChunkSet {
    return this.#received;
  }

  get isWhole(): boolean {
    return this.#manifest !== undefined && this.#received.isFull;
  }

  get receivedBytes(): number {
    const { chunkCount = 0, root } = this.#manifest ?? {};
    const fullBytes = this.#received.count * (root?.chunkBytes ?? 0);
    const isLastThere = chunkCount > 0 && this.#received.has(chunkCount - 1);
    return isLastThere ? fullBytes - chunkCount * (root?.chunkBytes ?? 0) + (root?.sizeBytes ?? 0) : fullBytes;
  }

  /** Goes on with this manifest; of the bytes that are there it keeps those that belong to it. */
  async adopt(manifest: Manifest): Promise<void> {
    const path = join(this.folder, 'manifest');
    try {
      await writeFileDurably(path, packed([manifest.rootMessage, ...manifest.pages.map((p, n) => pageMessage(n, p))]));
    } catch (error) {
      throw storageError(error, 'writing the manifest of a partial artifact');
    }
    this.#manifest = manifest;
    this.#received = new ChunkSet(manifest.chunkCount);
    await this.#find();
    await this.save();
  }

  /** The manifest was forged: what is there may be anything. */
  async discard(): Promise<void> {
    this.#manifest = undefined;
    this.#received = new ChunkSet(0);
    for (const name of ['state', 'manifest']) await rm(join(this.folder, name), { force: true });
    await syncPath(this.folder);
  }

  /** @param chunk - chunk `n` of the manifest, proved. @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED` */
  async write(n: number, chunk: Buffer): Promise<void> {
    const offset = this.#manifest?.offsetOf(n) ?? 0;
    try {
      for (let written = 0; written < chunk.length; ) {
        written += (await this.data.write(chunk, written, chunk.length - written, offset + written)).bytesWritten;
      }
    } catch (error) {
      throw storageError(error, 'writing a chunk of an artifact');
    }
    if (this.#received.add(n)) this.#unsavedCount += 1;
  }

  /** Chunks that a power cut would take. */
  get unsavedCount(): number {
    return this.#unsavedCount;
  }

  /** Makes what was written durable. @throws {ModelManagementError} `STORAGE_FULL`, `STORAGE_FAILED` */
  async save(): Promise<void> {
    if (!this.#manifest) return;
    // Before the sync: a chunk written while it runs is not covered by it.
    const received = this.#received.toBytes();
    const state = {
      v: 1,
      root: this.#manifest.root.id,
      received: Buffer.from(received).toString('base64'),
    } satisfies z.input<typeof PartialState>;
    this.#unsavedCount = 0;
    try {
      await this.data.datasync();
    } catch (error) {
      throw storageError(error, 'writing a partial artifact');
    }
    await writeFileDurably(join(this.folder, 'state'), JSON.stringify(state));
  }

  /** SHA-256 of all that is there, from the disk; what goes beyond the artifact is cut off first. */
  async digest(sizeBytes: number, signal: AbortSignal): Promise<Digest> {
    try {
      await this.data.truncate(sizeBytes);
      await this.data.sync();
      const hash = createHash('sha256');
      for await (const bytes of createReadStream(join(this.folder, 'data'), { signal })) hash.update(bytes);
      return Digest.parse(`sha256:${hash.digest('hex')}`);
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      throw storageError(error, 'reading a partial artifact');
    }
  }

  /** Looks anew which chunks of the manifest are there, trusting nothing but their digests. */
  async recheck(): Promise<void> {
    this.#received.clear();
    await this.#find();
    await this.save();
  }

  /** Closes it and moves the whole to its place, durably; the partial is gone then. */
  async moveTo(path: string): Promise<void> {
    await this.close();
    try {
      await ensureFolder(dirname(path));
      await rename(join(this.folder, 'data'), path);
      await syncPath(dirname(path));
      await rm(this.folder, { recursive: true, force: true });
      await syncPath(dirname(this.folder));
    } catch (error) {
      throw storageError(error, 'putting an artifact in its place');
    }
  }

  /** Twice is safe. */
  async close(): Promise<void> {
    await this.data.close();
  }

  async #load(candidates: ManifestCandidates): Promise<void> {
    const messages = await readIfThere(join(this.folder, 'manifest'));
    for (const message of unpacked(messages)) candidates.offer(message);
    const manifest = candidates.current;
    if (!manifest) return;
    this.#manifest = manifest;
    this.#received = new ChunkSet(manifest.chunkCount);
    const state = parseState(await readIfThere(join(this.folder, 'state')));
    if (state?.root === manifest.root.id) {
      this.#received = new ChunkSet(manifest.chunkCount, Buffer.from(state.received, 'base64'));
    }
    await this.#find();
  }

  /** Adds the chunks that are in `data` and were not known. */
  async #find(): Promise<void> {
    const { size } = await this.data.stat();
    const manifest = this.#manifest;
    if (!manifest) return;
    const buffer = Buffer.allocUnsafe(manifest.root.chunkBytes);
    for (let n = 0; n < manifest.chunkCount && manifest.offsetOf(n) < size; n += 1) {
      if (this.#received.has(n)) continue;
      const { bytesRead } = await this.data.read(buffer, 0, manifest.lengthOf(n), manifest.offsetOf(n));
      if (manifest.isChunk(n, buffer.subarray(0, bytesRead)) && this.#received.add(n)) this.#unsavedCount += 1;
    }
  }
}

async function openData(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const handle = await open(path, 'wx+', 0o600);
    await syncPath(dirname(path));
    return handle;
  }
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function packed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );
}

function* unpacked(bytes: Buffer): Generator<Buffer, void> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}

/** undefined for what is none: then the digests of the chunks tell. */
function parseState(bytes: Buffer): z.infer<typeof PartialState> | undefined {
  try {
    return PartialState.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
