import { WireType } from './wire-reader';

/** A length or tag: seven bits a byte, the lowest first. Exact up to 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** What stands before the content of a text, a message or a block. */
export function bytesHead(number: number, sizeBytes: number): Buffer {
  return Buffer.concat([varint(number * 8 + WireType.bytes), varint(sizeBytes)]);
}

/** A text or message as a field. */
export function bytesField(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytesHead(number, bytes.length), bytes]);
}

/** A whole number as a field. */
export function integerField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8 + WireType.varint), varint(value)]);
}
