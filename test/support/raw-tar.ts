/** One header as one likes it, which tools that pack would not write. */
export interface RawHeader {
  readonly name: Buffer | string;
  /** Type flag, default `0`. */
  readonly flag?: string;
  /** Default: the length of the content. Text goes in as it is. */
  readonly size?: number | string | Buffer;
  readonly prefix?: string;
  readonly linkName?: string;
  /** Default `ustar\0` and `00`. */
  readonly magic?: string;
  readonly checksum?: string;
}

const BLOCK_BYTES = 512;

/** What ends an archive. */
export const END_MARK = Buffer.alloc(2 * BLOCK_BYTES);

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc(-content.length & (BLOCK_BYTES - 1))]);
}

/** The header and the content, filled up to whole blocks. */
export function rawEntry(header: RawHeader, content: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(BLOCK_BYTES);
  const put = (value: Buffer | string, at: number, length: number): void => {
    Buffer.from(value).copy(block, at, 0, length);
  };
  const { size = bytes.length } = header;
  put(header.name, 0, 100);
  put('0000644\0', 100, 8);
  put(typeof size === 'number' ? `${size.toString(8).padStart(11, '0')}\0` : size, 124, 12);
  put('00000000000\0', 136, 12);
  put(header.flag ?? '0', 156, 1);
  put(header.linkName ?? '', 157, 100);
  put(header.magic ?? 'ustar\x0000', 257, 8);
  put(header.prefix ?? '', 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 8 * 0x20);
  put(header.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return Buffer.concat([block, padded(bytes)]);
}

/** One record of a pax extension: its length, which counts itself, a key and a value. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const digits = String(bytes + String(bytes).length).length;
  return `${bytes + digits}${rest}`;
}

export function paxEntry(records: Readonly<Record<string, string>>, flag: 'x' | 'g' = 'x'): Buffer {
  const content = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return rawEntry({ name: 'pax', flag }, content.join(''));
}

/** Entries and the end mark. */
export function rawArchive(...entries: readonly Buffer[]): Buffer {
  return Buffer.concat([...entries, END_MARK]);
}
