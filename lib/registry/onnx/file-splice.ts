import { createReadStream } from 'node:fs';
import type { Span } from './wire-reader';

/** Bytes that take the place of a part of a file. */
export interface Splice extends Span {
  readonly bytes: Buffer;
}

/** By how much the splices make the file longer; negative = shorter. */
export function growthBytes(splices: readonly Splice[]): number {
  return splices.reduce((sum, { start, end, bytes }) => sum + bytes.length - (end - start), 0);
}

/**
 * The file with the splices made, chunk by chunk: everything else comes out byte for byte.
 * @param splices - in the order of the file, none over another
 */
export async function* splicedFile(path: string, splices: readonly Splice[]): AsyncGenerator<Buffer, void, undefined> {
  let position = 0;
  for (const { start, end, bytes } of splices) {
    yield* chunksOf(path, { start: position, end: start });
    if (bytes.length > 0) yield bytes;
    position = end;
  }
  yield* chunksOf(path, { start: position, end: Number.POSITIVE_INFINITY });
}

async function* chunksOf(path: string, { start, end }: Span): AsyncGenerator<Buffer, void, undefined> {
  if (start === end) return;
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) yield chunk as Buffer;
}
