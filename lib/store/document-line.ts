import { crc32 } from 'node:zlib';

/**
 * A line of a data file is `<length> <checksum> <json>`: eight hex digits each, the length in bytes of the JSON, its
 * CRC-32, and JSON in ASCII. Without the length a flipped line end would pass for a torn write and be cut.
 */
export const HEADER_BYTES = 18;
const HEADER = /^([0-9a-f]{8}) ([0-9a-f]{8}) $/;

/** Puts the header before one line of JSON; everything but ASCII is escaped, since nedb also splits at U+0085, U+2028 and U+2029. */
export function frameLine(json: string): string {
  const ascii = json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${hex(ascii.length)} ${hex(crc32(ascii))} ${ascii}`;
}

export type UnframedLine =
  | { readonly status: 'whole'; readonly json: string }
  | { readonly status: 'damaged'; readonly reason: string };

/** The JSON of one line without its line end, or why it cannot be trusted. */
export function unframeLine(line: Buffer): UnframedLine {
  const header = HEADER.exec(line.toString('latin1', 0, HEADER_BYTES));
  if (!header) return { status: 'damaged', reason: 'it does not start with a length and a checksum' };
  const body = line.subarray(HEADER_BYTES);
  const expectedBytes = Number.parseInt(header[1] ?? '', 16);
  if (body.length !== expectedBytes) {
    return { status: 'damaged', reason: `it should be ${expectedBytes} bytes long and is ${body.length}` };
  }
  const found = hex(crc32(body));
  if (found !== header[2]) return { status: 'damaged', reason: `its checksum should be ${header[2]} and is ${found}` };
  return { status: 'whole', json: body.toString('latin1') };
}

/**
 * True when the bytes after the last line end can be the beginning of a line whose write was cut (such a line was
 * never acknowledged); false when they are longer than the line they announce, so that they are damage.
 */
export function isTornTail(tail: Buffer): boolean {
  if (tail.length < HEADER_BYTES) return true;
  // After a power cut a file system may show blocks it had reserved and not yet written.
  if (tail.every((byte) => byte === 0)) return true;
  const header = HEADER.exec(tail.toString('latin1', 0, HEADER_BYTES));
  return header !== null && tail.length <= HEADER_BYTES + Number.parseInt(header[1] ?? '', 16);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** nedb gives `$…` and `a.b` a meaning of its own and loses `__proto__`; keys of ours may be any text. */
export function escapeKeys(document: object): Record<string, unknown> {
  return mapObjectKeys(document, (key) => {
    const escaped = key.replace(/[%.]/g, (sign) => (sign === '%' ? '%25' : '%2E'));
    if (escaped.startsWith('$')) return `%24${escaped.slice(1)}`;
    return escaped === '__proto__' ? '%5F_proto__' : escaped;
  });
}

/** Undoes {@link escapeKeys}. */
export function unescapeKeys(document: object): Record<string, unknown> {
  return mapObjectKeys(document, (key) =>
    key.replace(/%(2[45E]|5F)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
}

function mapObjectKeys(value: object, rename: (key: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), mapKeys(item, rename)]));
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, rename));
  return typeof value === 'object' && value !== null ? mapObjectKeys(value, rename) : value;
}
