import { invalidModel, quoted } from './invalid-model';

export const BLOCK_BYTES = 512;

const typeWords: Readonly<Record<string, string>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hard link',
  '2': 'symbolic link',
  '3': 'character device',
  '4': 'block device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'contiguous file',
  S: 'sparse file',
  x: 'extension',
  g: 'global extension',
  L: 'long name',
  K: 'long link name',
};

/** One header block of a tar archive. `type` is `file`, `directory`, a word for what comes before an entry, or another. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
}

/** What the extensions before an entry say of it. */
export interface TarExtension {
  readonly name?: string;
  readonly sizeBytes?: number;
  readonly isSparse?: boolean;
}

/** `INVALID_MODEL` at the stage `read`. */
export function brokenArchive(what: string): Error {
  return invalidModel(
    'read',
    `This is not a whole tar archive: ${what}.`,
    'Pack again: tar -cf version.tar model.onnx version.json additional_output',
  );
}

/** @throws {ModelManagementError} `INVALID_MODEL` */
export function parseHeader(block: Buffer): TarHeader {
  const magic = block.toString('latin1', 257, 265);
  const isPosix = magic.startsWith('ustar\0');
  // The space of old GNU tar; its archives have no prefix, but times in its place.
  if (!isPosix && magic !== 'ustar  \0') throw brokenArchive('a header is not of the ustar format');
  if (checksum(block) !== octal(block, 148, 8, 'checksum')) throw brokenArchive('a header is damaged');
  const name = text(block, 0, 100);
  const prefix = isPosix ? text(block, 345, 155) : '';
  const flag = String.fromCharCode(block[156] ?? 0);
  const known = typeWords[flag] ?? `file of the unknown type ${quoted(flag)}`;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: known === 'file' && name.endsWith('/') ? 'directory' : known,
    sizeBytes: sizeOf(block),
  };
}

/**
 * The records of a pax extension.
 * @throws {ModelManagementError} `INVALID_MODEL`
 */
export function parseExtension(content: Buffer): TarExtension {
  let extension: TarExtension = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const digits = space < 0 || space - at > 10 ? '' : content.toString('latin1', at, space);
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = content.indexOf(0x3d, space + 1);
    const isWhole = length > 0 && end <= content.length && content[end - 1] === 0x0a && equals > space && equals < end;
    if (!isWhole) throw brokenArchive('an extended header is damaged');
    const key = content.toString('utf8', space + 1, equals);
    extension = { ...extension, ...extensionOf(key, () => content.toString('utf8', equals + 1, end - 1)) };
    at = end;
  }
  return extension;
}

function extensionOf(key: string, value: () => string): TarExtension {
  if (key === 'path') return { name: value() };
  if (key.startsWith('GNU.sparse.')) return { isSparse: true };
  if (key !== 'size') return {};
  const sizeBytes = Number(value());
  if (!/^\d+$/.test(value()) || !Number.isSafeInteger(sizeBytes)) throw brokenArchive('an entry has no possible size');
  return { sizeBytes };
}

/** Up to the first NUL. What is no UTF-8 becomes U+FFFD, which no name may hold. */
export function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}

function octal(block: Buffer, start: number, length: number, what: string): number {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(block.toString('latin1', start, start + length))?.[1];
  if (digits === undefined) throw brokenArchive(`a header has no possible ${what}`);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Eleven octal digits, or, above 8 GiB, the highest bit set and a number to the base of 256. */
function sizeOf(block: Buffer): number {
  if ((block[124] ?? 0) < 0x80) return octal(block, 124, 12, 'size');
  const size = block.subarray(124, 136).reduce((sum, byte, at) => sum * 256 + (at === 0 ? byte & 0x7f : byte), 0);
  if (!Number.isSafeInteger(size)) throw brokenArchive('a header has no possible size');
  return size;
}
