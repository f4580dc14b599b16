import { randomBytes } from 'node:crypto';

const COUNTER_MAX = 0xfff;
let lastMs = -1;
let counter = 0;

/**
 * A UUID that sorts by time, also within a millisecond of one process: the 12 bits after the version count.
 * @param nowMs - epoch ms
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7, method 1 of section 6.2
 */
export function uuid7(nowMs: number): string {
  const bytes = randomBytes(16);
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // Half of the room at the start of a millisecond, so that few of them run over.
    counter = bytes.readUInt16BE(6) & 0x7ff;
  } else if (++counter > COUNTER_MAX) {
    // More in one millisecond than can be counted, or a clock that went back: the time runs a little ahead.
    lastMs += 1;
    counter = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
