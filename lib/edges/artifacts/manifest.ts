import { createHash } from 'node:crypto';
import type { Digest } from '../../ids';

/*
 * What an artifact consists of, in two levels, so that no message is larger than a chunk however large the file is:
 * pages hold the SHA-256 of up to 2,048 chunks each, the root holds those of the pages. The digest of the artifact, which
 * comes with a signed document, says whether the whole is right; a manifest only says early which chunk is wrong.
 *
 * Messages, integers big-endian: a byte 1 (version), a byte for the kind, then
 *   0 root:   length of the signature (1 byte), signature, chunk size (4), size of the artifact (8), digests of the pages (32 each)
 *   1 page:   its number (4), digests of its chunks (32 each)
 *   2 absent: nothing
 */

export const MIN_CHUNK_BYTES = 64 * 1024;
export const MAX_CHUNK_BYTES = 256 * 1024;
export const LEAVES_PER_PAGE = 2_048;
export const MAX_PAGE_COUNT = 2_048;
export const MAX_CHUNK_COUNT = LEAVES_PER_PAGE * MAX_PAGE_COUNT;

const HASH_BYTES = 32;
export const MAX_PAGE_BYTES = LEAVES_PER_PAGE * HASH_BYTES;
const VERSION = 1;
const Kind = { root: 0, page: 1, absent: 2 } as const;

/** Signs a manifest's root as the one who offers it. @returns at most 255 bytes */
export type SignManifest = (data: Buffer) => Buffer;
/** True when the one whose artifacts are taken has signed it. */
export type VerifyManifest = (data: Buffer, signature: Buffer) => boolean;

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export interface ManifestRoot {
  /** The first 8 bytes of the SHA-256 of what is signed, in hex. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  readonly pageDigests: readonly Buffer[];
}

export type ManifestMessage =
  | { readonly kind: 'root'; readonly signature: Buffer; readonly body: Buffer }
  | { readonly kind: 'page'; readonly index: number; readonly leaves: Buffer }
  | { readonly kind: 'absent' };

/** A root with all of its pages. */
export class Manifest {
  readonly chunkCount: number;

  constructor(
    readonly root: ManifestRoot,
    /** The root's message as it was published, with its signature. */
    readonly rootMessage: Buffer,
    /** SHA-256 of the chunks of each page, one after the other. */
    readonly pages: readonly Buffer[],
  ) {
    this.chunkCount = chunkCountOf(root.sizeBytes, root.chunkBytes);
  }

  offsetOf(n: number): number {
    return n * this.root.chunkBytes;
  }

  lengthOf(n: number): number {
    return Math.min(this.root.chunkBytes, this.root.sizeBytes - this.offsetOf(n));
  }

  /** Whether these bytes are chunk `n`. */
  isChunk(n: number, bytes: Uint8Array): boolean {
    if (n >= this.chunkCount || bytes.length !== this.lengthOf(n)) return false;
    const at = (n % LEAVES_PER_PAGE) * HASH_BYTES;
    return this.pages[Math.floor(n / LEAVES_PER_PAGE)]?.subarray(at, at + HASH_BYTES).equals(sha256(bytes)) ?? false;
  }
}

export const chunkCountOf = (sizeBytes: number, chunkBytes: number): number => Math.ceil(sizeBytes / chunkBytes);

/** @param leaves - the SHA-256 of all chunks in their order */
export function manifestOf(
  digest: Digest,
  sizeBytes: number,
  chunkBytes: number,
  leaves: readonly Buffer[],
  sign?: SignManifest,
): Manifest {
  const pages: Buffer[] = [];
  for (let at = 0; at < leaves.length; at += LEAVES_PER_PAGE) {
    pages.push(Buffer.concat(leaves.slice(at, at + LEAVES_PER_PAGE)));
  }
  const head = Buffer.alloc(12);
  head.writeUInt32BE(chunkBytes, 0);
  head.writeBigUInt64BE(BigInt(sizeBytes), 4);
  const pageDigests = pages.map(sha256);
  const body = Buffer.concat([head, ...pageDigests]);
  const signature = sign?.(signedText(digest, body)) ?? Buffer.alloc(0);
  const message = Buffer.concat([Buffer.from([VERSION, Kind.root, signature.length]), signature, body]);
  return new Manifest({ id: idOf(digest, body), sizeBytes, chunkBytes, pageDigests }, message, pages);
}

export function pageMessage(index: number, leaves: Buffer): Buffer {
  const head = Buffer.from([VERSION, Kind.page, 0, 0, 0, 0]);
  head.writeUInt32BE(index, 2);
  return Buffer.concat([head, leaves]);
}

/** What is answered where an artifact is wanted that is not offered. */
export const absentMessage = (): Buffer => Buffer.from([VERSION, Kind.absent]);

/** undefined for what is no message of this protocol; whether it is true is another question. */
export function parseManifestMessage(payload: Buffer): ManifestMessage | undefined {
  if (payload[0] !== VERSION) return undefined;
  switch (payload[1]) {
    case Kind.root: {
      const start = 3 + (payload[2] ?? 0);
      const body = payload.subarray(start);
      return body.length >= 12 ? { kind: 'root', signature: payload.subarray(3, start), body } : undefined;
    }
    case Kind.page: {
      if (payload.length < 6) return undefined;
      return { kind: 'page', index: payload.readUInt32BE(2), leaves: payload.subarray(6) };
    }
    case Kind.absent:
      return { kind: 'absent' };
    default:
      return undefined;
  }
}

/** The root of an artifact of this size; undefined when it cannot be one, or was not signed by whom it should. */
export function parseRoot(
  digest: Digest,
  sizeBytes: number,
  { signature, body }: Extract<ManifestMessage, { kind: 'root' }>,
  verify?: VerifyManifest,
): ManifestRoot | undefined {
  const chunkBytes = body.readUInt32BE(0);
  if (chunkBytes < MIN_CHUNK_BYTES || chunkBytes > MAX_CHUNK_BYTES) return undefined;
  if (body.readBigUInt64BE(4) !== BigInt(sizeBytes)) return undefined;
  const pageCount = Math.ceil(chunkCountOf(sizeBytes, chunkBytes) / LEAVES_PER_PAGE);
  if (pageCount > MAX_PAGE_COUNT || body.length !== 12 + pageCount * HASH_BYTES) return undefined;
  if (verify && !verify(signedText(digest, body), signature)) return undefined;
  const pageDigests = Array.from({ length: pageCount }, (_, n) => {
    return Buffer.from(body.subarray(12 + n * HASH_BYTES, 12 + (n + 1) * HASH_BYTES));
  });
  return { id: idOf(digest, body), sizeBytes, chunkBytes, pageDigests };
}

const idOf = (digest: Digest, body: Buffer): string => sha256(signedText(digest, body)).toString('hex', 0, 8);

/** With the digest, so that a root that was signed for another artifact does not pass. */
const signedText = (digest: Digest, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`model-management artifact manifest ${VERSION}\n${digest}\n`), body]);
