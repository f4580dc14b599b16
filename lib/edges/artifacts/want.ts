import { z } from 'zod';
import type { Range } from './chunk-set';
import { MAX_CHUNK_COUNT, MAX_PAGE_COUNT } from './manifest';

/** No want is longer, in bytes. */
export const MAX_WANT_BYTES = 4_096;
/** So many ranges of the largest numbers fit into a want. */
export const MAX_WANT_RANGES = 100;

const rangesBelow = (size: number) =>
  z
    .array(
      z
        .tuple([z.int().min(0), z.int().max(size - 1)])
        .refine(([first, last]) => first <= last)
        .readonly(),
    )
    .max(MAX_WANT_RANGES)
    .default([]);

const WantDocument = z.object({
  v: z.literal(1),
  /** Whose pages and chunks are wanted; without it everything is, beginning with the manifest. */
  root: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  pages: rangesBelow(MAX_PAGE_COUNT),
  chunks: rangesBelow(MAX_CHUNK_COUNT),
});

/** What one who lacks an artifact asks for. Without `root` it asks for the manifest. */
export interface Want {
  /** The first 8 bytes of the SHA-256 of the manifest's root, in hex: of whose parts the numbers speak. */
  readonly root?: string | undefined;
  readonly pages: readonly Range[];
  readonly chunks: readonly Range[];
}

export function encodeWant({ root, pages, chunks }: Want): string {
  const some = (ranges: readonly Range[]): readonly Range[] | undefined => (ranges.length > 0 ? ranges : undefined);
  return JSON.stringify({ v: 1, root, pages: some(pages), chunks: some(chunks) });
}

/** undefined for what is no want of this protocol, or too long. */
export function parseWant(payload: Buffer): Want | undefined {
  if (payload.length > MAX_WANT_BYTES) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = WantDocument.safeParse(document);
  return parsed.success ? parsed.data : undefined;
}
