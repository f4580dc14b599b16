import type { Digest } from '../../ids';
import { ChunkSet, type Range } from './chunk-set';
import {
  MAX_PAGE_BYTES,
  Manifest,
  type ManifestMessage,
  type ManifestRoot,
  parseManifestMessage,
  parseRoot,
  sha256,
  type VerifyManifest,
} from './manifest';
import { MAX_WANT_RANGES } from './want';

interface Candidate {
  readonly root: ManifestRoot;
  readonly message: Buffer;
  readonly pages: (Buffer | undefined)[];
  readonly there: ChunkSet;
  /** Once all pages are there. */
  whole?: Manifest;
}

/** Beyond these, roots that come are left out: whoever publishes any number of them may not fill the memory. */
const MAX_CANDIDATES = 4;
const MAX_REFUSED = 64;
/** Pages that came before their root: 1 MiB. */
const MAX_EARLY_PAGES = 16;

/**
 * The manifests that came for one artifact. There may be several: one who offers it may have changed the size of its
 * chunks, and where none is signed anybody may have made one up. The first is used until it proves wrong.
 */
export class ManifestCandidates {
  /** In the order in which they are tried. */
  #candidates: Candidate[] = [];
  readonly #refused = new Set<string>();
  #early: Extract<ManifestMessage, { kind: 'page' }>[] = [];

  constructor(
    private readonly digest: Digest,
    private readonly sizeBytes: number,
    private readonly verify?: VerifyManifest,
  ) {}

  /** The first that is whole. */
  get current(): Manifest | undefined {
    return this.#candidates.find(({ whole }) => whole)?.whole;
  }

  get hasAlternative(): boolean {
    return this.#candidates.filter(({ whole }) => whole).length > 1;
  }

  /** What is missing of the first that has begun. */
  get missing(): { readonly root: string | undefined; readonly missingPages: readonly Range[] } {
    const first = this.#candidates[0];
    const limits = { maxCount: Number.POSITIVE_INFINITY, maxRangeCount: MAX_WANT_RANGES };
    return { root: first?.root.id, missingPages: first?.there.missingRanges(limits) ?? [] };
  }

  /** Takes a message of the manifest's topic. @returns `new` when something came of it that was not known */
  offer(payload: Buffer): 'new' | 'absent' | 'nothing' {
    const message = parseManifestMessage(payload);
    if (message?.kind === 'absent') return 'absent';
    const isNew = message?.kind === 'root' ? this.#offerRoot(message, payload) : message && this.#offerPage(message);
    return isNew ? 'new' : 'nothing';
  }

  /** It proved wrong, and does not come back. */
  refuse(id: string): void {
    this.#candidates = this.#candidates.filter(({ root }) => root.id !== id);
    if (this.#refused.size < MAX_REFUSED) this.#refused.add(id);
  }

  /** The others are tried first. */
  setAside(id: string): void {
    this.#candidates = [
      ...this.#candidates.filter(({ root }) => root.id !== id),
      ...this.#candidates.filter(({ root }) => root.id === id),
    ];
  }

  #offerRoot(message: Extract<ManifestMessage, { kind: 'root' }>, payload: Buffer): boolean {
    if (this.#candidates.length >= MAX_CANDIDATES) return false;
    const root = parseRoot(this.digest, this.sizeBytes, message, this.verify);
    if (!root || this.#refused.has(root.id) || this.#candidates.some((other) => other.root.id === root.id))
      return false;
    const pageCount = root.pageDigests.length;
    this.#candidates.push({ root, message: Buffer.from(payload), pages: [], there: new ChunkSet(pageCount) });
    for (const page of this.#early.splice(0)) this.#offerPage(page);
    return true;
  }

  #offerPage(page: Extract<ManifestMessage, { kind: 'page' }>): boolean {
    const { index, leaves } = page;
    if (this.#candidates.length === 0) {
      if (this.#early.length < MAX_EARLY_PAGES && leaves.length <= MAX_PAGE_BYTES) this.#early.push(page);
      return false;
    }
    let isNew = false;
    let digest: Buffer | undefined;
    for (const candidate of this.#candidates) {
      const { root, message, pages, there } = candidate;
      const wanted = root.pageDigests[index];
      if (!wanted || there.has(index)) continue;
      digest ??= sha256(leaves);
      if (!wanted.equals(digest)) continue;
      pages[index] = Buffer.from(leaves);
      isNew = there.add(index);
      const present = pages.filter((each) => each !== undefined);
      if (there.isFull) candidate.whole = new Manifest(root, message, present);
    }
    return isNew;
  }
}
