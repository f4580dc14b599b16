/** Protobuf by hand, for what no library writes. @see https://protobuf.dev/programming-guides/encoding/ */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** The head of a field that holds bytes: its number and how many there are. */
export function bytesHead(field: number, sizeBytes: number): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(sizeBytes)]);
}

/** A field that holds text or a message. */
export function bytesField(field: number, content: Buffer | string | readonly Buffer[]): Buffer {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.isBuffer(content)
        ? content
        : Buffer.concat(content as Buffer[]);
  return Buffer.concat([bytesHead(field, bytes.length), bytes]);
}

export function numberField(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}
