import type { Tensor, TensorData } from '../tensor';
import { HEADER_BYTES } from './frames';
import { alignedOffset, FRAME_KINDS, typeCodes, type WireType, wireTypes } from './wire-types';

/** A tensor as it is written: its elements may lie in several pieces, one after the other along dimension 0. */
export interface TensorPieces {
  readonly index: number;
  readonly type: Tensor['type'];
  readonly dims: readonly number[];
  readonly pieces: readonly TensorData[];
}

const MAX_U32 = 0xffff_ffff;

function isStrings(data: TensorData): data is readonly string[] {
  return Array.isArray(data);
}

function dataBytes(data: TensorData): number {
  if (!isStrings(data)) return data.byteLength;
  let bytes = 0;
  for (const text of data) bytes += 4 + Buffer.byteLength(text);
  return bytes;
}

function piecesBytes(pieces: readonly TensorData[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += dataBytes(piece);
  return bytes;
}

/** Where the tensor ends in a payload in which it begins at `start`. */
export function tensorEnd(start: number, { dims, pieces }: TensorPieces): number {
  return alignedOffset(start + 8 + 4 * dims.length) + piecesBytes(pieces);
}

/** @throws {RangeError} dims that cannot travel, or that disagree with the data */
export function checkTensor({ dims, pieces }: TensorPieces): void {
  if (dims.length > 255) throw new RangeError(`a tensor has ${dims.length} dimensions; at most 255 can travel`);
  let count = 1;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > MAX_U32) {
      throw new RangeError(`a tensor has a dimension of ${dim}; 0 to ${MAX_U32} can travel`);
    }
    count *= dim;
  }
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (count !== length) {
    throw new RangeError(`a tensor of shape [${dims.join(', ')}] needs ${count} elements; it has ${length}`);
  }
}

/** Before the header, so that the payload, and with it the data in it, lies where typed arrays may view it. */
const LEAD_BYTES = 8 - HEADER_BYTES;

/** A frame while it is written: the header first, then the kind and count that begin each payload. */
export class FrameBuffer {
  readonly bytes: Buffer;
  readonly #memory: ArrayBuffer;
  #at = HEADER_BYTES;

  /** @throws {RangeError} a payload above `maxBytes` */
  constructor(kind: keyof typeof FRAME_KINDS, count: number, payloadBytes: number, maxBytes: number) {
    if (payloadBytes > maxBytes) {
      throw new RangeError(`the tensors make a frame of ${payloadBytes} bytes; at most ${maxBytes} can travel`);
    }
    const whole = Buffer.allocUnsafeSlow(LEAD_BYTES + HEADER_BYTES + payloadBytes);
    this.#memory = whole.buffer;
    this.bytes = whole.subarray(LEAD_BYTES);
    this.bytes.writeUInt32LE(payloadBytes, 0);
    this.u8(FRAME_KINDS[kind]);
    this.u8(0);
    this.u16(count);
  }

  u8(value: number): void {
    this.#at = this.bytes.writeUInt8(value, this.#at);
  }

  u16(value: number): void {
    this.#at = this.bytes.writeUInt16LE(value, this.#at);
  }

  u32(value: number): void {
    this.#at = this.bytes.writeUInt32LE(value, this.#at);
  }

  f64(value: number): void {
    this.#at = this.bytes.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    const length = this.bytes.write(value, this.#at + 4);
    this.u32(length);
    this.#at += length;
  }

  tensor({ index, type, dims, pieces }: TensorPieces): void {
    const code = typeCodes.get(type) ?? 0;
    this.u16(index);
    this.u8(code);
    this.u8(dims.length);
    for (const dim of dims) this.u32(dim);
    const bytes = piecesBytes(pieces);
    this.u32(bytes);
    const start = HEADER_BYTES + alignedOffset(this.#at - HEADER_BYTES);
    this.bytes.fill(0, this.#at, start);
    this.#at = start;
    if (type === 'string') {
      for (const piece of pieces) for (const text of piece as readonly string[]) this.text(text);
      return;
    }
    const wire = wireTypes[code] as WireType;
    const target = wire.view(this.#memory, LEAD_BYTES + start, bytes / wire.elementBytes) as Float32Array;
    let offset = 0;
    for (const piece of pieces) {
      // Not by the piece's own memory: the memory of a small array is made only when somebody asks for it.
      target.set(piece as Float32Array, offset);
      offset += piece.length;
    }
    this.#at += bytes;
  }
}
