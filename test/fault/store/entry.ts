import { z } from 'zod';

/** A document whose filler tells whether it is whole: it follows from `n`. */
const Entry = z
  .strictObject({ _id: z.string(), n: z.number().int(), filler: z.string() })
  .refine(({ n, filler }) => filler === fillerOf(n), 'the filler belongs to another entry');
export type Entry = z.infer<typeof Entry>;

export function parseEntry(raw: unknown): Entry {
  return Entry.parse(raw);
}

export function entryOf(id: string, n: number): Entry {
  return { _id: id, n, filler: fillerOf(n) };
}

function fillerOf(n: number): string {
  return `${n}.`.repeat(1 + ((n * 31) % 400));
}
