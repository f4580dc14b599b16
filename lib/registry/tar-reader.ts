import {
  BLOCK_BYTES,
  brokenArchive,
  parseExtension,
  parseHeader,
  type TarExtension,
  type TarHeader,
  text,
} from './tar-header';

/** Names and attributes; names themselves may have 1 KiB. */
const MAX_EXTENSION_BYTES = 64 * 1024;
/** pax, global pax, long name, long link name. */
const MAX_EXTENSION_COUNT = 4;

/** An entry of a tar archive; its content is skipped as far as nobody has read it when the next entry is asked for. */
export interface TarEntry extends TarHeader {
  readonly content: AsyncGenerator<Buffer, void, undefined>;
}

/**
 * Walks a tar archive (ustar, pax, GNU) as it comes in: one chunk in memory, and at most 64 KiB of what a header says.
 * Stricter than tools that unpack, since two readers must not see two different archives: the end mark must be there,
 * nothing may follow it, and a folder has no content.
 *
 * @throws {ModelManagementError} `INVALID_MODEL`, and what the chunks throw
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry, void, undefined> {
  const source = new ByteSource(chunks);
  try {
    for (let header = await readHeader(source); header; header = await readHeader(source)) {
      if (header.type === 'directory' && header.sizeBytes > 0) throw brokenArchive('a folder has content');
      const content = source.pieces(header.sizeBytes);
      yield { ...header, content };
      for await (const _ of content);
      await source.skip(-header.sizeBytes & (BLOCK_BYTES - 1));
    }
    await source.expectZeros();
  } finally {
    await source.close();
  }
}

/** The next entry's header with what was said before it; undefined at the end mark. */
async function readHeader(source: ByteSource): Promise<TarHeader | undefined> {
  let extension: TarExtension = {};
  for (let count = 0; count <= MAX_EXTENSION_COUNT; count++) {
    const block = await source.take(BLOCK_BYTES);
    if (!block) throw brokenArchive('it ends without its end mark');
    if (block.every((byte) => byte === 0)) return undefined;
    const header = parseHeader(block);
    const said = await readExtension(source, header);
    if (!said) return withExtension(header, extension);
    extension = { ...extension, ...said };
  }
  throw brokenArchive(`an entry has more than ${MAX_EXTENSION_COUNT} extended headers`);
}

function withExtension(header: TarHeader, { name, sizeBytes, isSparse }: TarExtension): TarHeader {
  return {
    name: name ?? header.name,
    type: isSparse ? 'sparse file' : header.type,
    sizeBytes: sizeBytes ?? header.sizeBytes,
  };
}

/** What a header says of the next entry; undefined when it is an entry itself. */
async function readExtension(source: ByteSource, { type, sizeBytes }: TarHeader): Promise<TarExtension | undefined> {
  if (!['extension', 'global extension', 'long name', 'long link name'].includes(type)) return undefined;
  if (sizeBytes > MAX_EXTENSION_BYTES) {
    throw brokenArchive(`an extended header has ${sizeBytes} bytes, more than the ${MAX_EXTENSION_BYTES} allowed`);
  }
  const content = (await source.take(sizeBytes)) ?? Buffer.alloc(0);
  await source.skip(-sizeBytes & (BLOCK_BYTES - 1));
  if (type === 'long name') return { name: text(content, 0, content.length) };
  if (type === 'long link name') return {};
  const extension = parseExtension(content);
  if (type === 'extension') return extension;
  // Would hold for every entry from here on: readers differ in whether it does.
  if (Object.keys(extension).length > 0) throw brokenArchive('one name or size is given for all entries');
  return {};
}

/** Bytes of a row of chunks, in pieces of the length one wants. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** So many bytes; undefined when there are none at all any more. */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(length, true)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0] : pieces.length === 0 ? undefined : Buffer.concat(pieces);
  }

  /** The next bytes as they come. @param mayEnd - there may be none at all */
  async *pieces(length: number, mayEnd = false): AsyncGenerator<Buffer, void, undefined> {
    for (let left = length; left > 0; ) {
      if (!(await this.#fill())) {
        if (mayEnd && left === length) return;
        throw brokenArchive(`it ends ${left} bytes too early`);
      }
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.pieces(length));
  }

  async expectZeros(): Promise<void> {
    while (await this.#fill()) {
      if (this.#chunk.some((byte) => byte !== 0)) throw brokenArchive('it goes on after its end mark');
      this.#chunk = this.#chunk.subarray(this.#chunk.length);
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#chunk = value;
    }
    return true;
  }
}
