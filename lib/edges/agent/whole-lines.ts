import { createReadStream } from 'node:fs';

const LF = 10;

/** Lines of a file that have an end, without it; line breaks of Unicode in a text are no end. @param start - first byte */
export async function* wholeLines(path: string, start = 0): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start }) as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, begin)) {
      yield Buffer.concat([...parts, chunk.subarray(begin, end)]);
      parts = [];
      begin = end + 1;
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
  }
}
