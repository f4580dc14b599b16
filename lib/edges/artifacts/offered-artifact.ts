import { createHash } from 'node:crypto';
import { ModelManagementError } from '../../errors';
import type { Digest } from '../../ids';
import { cancelled, damaged } from './artifact-errors';
import { numbersOf } from './chunk-set';
import {
  chunkCountOf,
  MAX_CHUNK_COUNT,
  type Manifest,
  manifestOf,
  pageMessage,
  type SignManifest,
  sha256,
} from './manifest';
import { chunkTopic, manifestTopic } from './topics';
import type { Want } from './want';
import { WantBook, type WantBookOptions } from './want-book';

/** The bytes of an artifact where it is. */
export interface ArtifactSource {
  readonly sizeBytes: number;
  /** @returns exactly these bytes; anything else counts as damage */
  read(offset: number, length: number): Promise<Buffer>;
}

/** undefined = it is not offered, or not there. */
export type OpenArtifact = (digest: Digest) => Promise<ArtifactSource | undefined>;

/** One want makes no more than so many chunks wanted. */
const MAX_CHUNKS_PER_WANT = 1_024;

/** One artifact as it is published: the root of its manifest, its pages and its chunks are the units. */
export class OfferedArtifact {
  readonly book: WantBook;

  private constructor(
    private readonly digest: Digest,
    private readonly source: ArtifactSource,
    private readonly manifest: Manifest,
    options: WantBookOptions,
  ) {
    const manifestUnitCount = 1 + manifest.pages.length;
    this.book = new WantBook(manifestUnitCount + manifest.chunkCount, manifestUnitCount, options);
  }

  /**
   * Reads the whole source to make the manifest.
   * @throws {ModelManagementError} `DIGEST_MISMATCH` when the source is damaged; `ABORTED`; what the source throws
   */
  static async open(
    digest: Digest,
    source: ArtifactSource,
    options: WantBookOptions & { readonly chunkBytes: number; readonly sign?: SignManifest | undefined },
    signal: AbortSignal,
  ): Promise<OfferedArtifact> {
    const { chunkBytes, sign } = options;
    if (chunkCountOf(source.sizeBytes, chunkBytes) > MAX_CHUNK_COUNT) {
      throw new ModelManagementError(
        'DATA_TOO_LARGE',
        `${digest} has ${source.sizeBytes} bytes, more than ${MAX_CHUNK_COUNT} chunks of ${chunkBytes}`,
        'Send a smaller file, or in larger chunks.',
      );
    }
    const hash = createHash('sha256');
    const leaves: Buffer[] = [];
    for (let offset = 0; offset < source.sizeBytes; offset += chunkBytes) {
      if (signal.aborted) throw cancelled(signal);
      const chunk = await source.read(offset, Math.min(chunkBytes, source.sizeBytes - offset));
      hash.update(chunk);
      leaves.push(sha256(chunk));
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) throw damaged(digest, `is ${found}`);
    return new OfferedArtifact(digest, source, manifestOf(digest, source.sizeBytes, chunkBytes, leaves, sign), options);
  }

  /** Notes what is wanted; who asks for parts of another manifest gets this one. */
  want(want: Want, nowMs: number): void {
    const pageCount = this.manifest.pages.length;
    if (want.root !== this.manifest.root.id) {
      for (let unit = 0; unit <= pageCount; unit += 1) this.book.want(unit, nowMs);
      return;
    }
    for (const page of numbersOf(want.pages, pageCount, pageCount)) this.book.want(1 + page, nowMs);
    for (const n of numbersOf(want.chunks, this.manifest.chunkCount, MAX_CHUNKS_PER_WANT)) {
      this.book.want(1 + pageCount + n, nowMs);
    }
  }

  /** @throws {ModelManagementError} `DIGEST_MISMATCH` when the chunk is not what it was; what the source throws */
  async message(unit: number): Promise<{ readonly topic: string; readonly payload: Buffer }> {
    const { manifest, digest } = this;
    if (unit === 0) return { topic: manifestTopic(digest), payload: manifest.rootMessage };
    const page = manifest.pages[unit - 1];
    if (page) return { topic: manifestTopic(digest), payload: pageMessage(unit - 1, page) };
    const n = unit - 1 - manifest.pages.length;
    const payload = await this.source.read(manifest.offsetOf(n), manifest.lengthOf(n));
    if (!manifest.isChunk(n, payload)) throw damaged(digest, `changed at byte ${manifest.offsetOf(n)}`);
    return { topic: chunkTopic(digest, n), payload };
  }
}
