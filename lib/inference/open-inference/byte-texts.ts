import { isUtf8 } from 'node:buffer';

/** BYTES as the protocol writes them: for each text its length in bytes, u32 little-endian, and its UTF-8. */
export function textBytes(list: readonly string[]): Buffer {
  const parts = list.map((text) => {
    const part = Buffer.alloc(4 + Buffer.byteLength(text));
    part.writeUInt32LE(part.length - 4, 0);
    part.write(text, 4);
    return part;
  });
  return Buffer.concat(parts);
}

/** The texts again; undefined where the bytes are something else. */
export function texts(bytes: Buffer): string[] | undefined {
  const list: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32LE(at);
    const part = bytes.subarray(at + 4, end);
    if (end > bytes.length || !isUtf8(part)) return undefined;
    list.push(part.toString());
    at = end;
  }
  return list;
}
