import type { Tensor, TensorData } from '../tensor';
import { type Frame, HEADER_BYTES, type IndexedTensor, MAX_FRAME_BYTES } from './frames';
import { alignedOffset, FRAME_KINDS, typeCodes } from './wire-types';

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

function tensorsEnd(start: number, tensors: readonly IndexedTensor[]): number {
  let end = start;
  for (const { tensor } of tensors) end = alignedOffset(end + 8 + 4 * tensor.dims.length) + dataBytes(tensor.data);
  return end;
}

function payloadBytes(frame: Frame): number {
  let end = 4;
  if (frame.kind === 'requests') {
    for (const item of frame.items) end = tensorsEnd(end + 8 + 2 * item.fetches.length, item.tensors);
    return end;
  }
  for (const item of frame.items) {
    end += 8;
    end = item.status === 'ok' ? tensorsEnd(end + 12, item.tensors) : end + 4 + Buffer.byteLength(item.message);
  }
  return end;
}

class Writer {
  #at = HEADER_BYTES;
  constructor(readonly buffer: Buffer) {}
  u8(value: number): void {
    this.#at = this.buffer.writeUInt8(value, this.#at);
  }
  u16(value: number): void {
    this.#at = this.buffer.writeUInt16LE(value, this.#at);
  }
  u32(value: number): void {
    this.#at = this.buffer.writeUInt32LE(value, this.#at);
  }
  f64(value: number): void {
    this.#at = this.buffer.writeDoubleLE(value, this.#at);
  }
  text(value: string): void {
    const length = this.buffer.write(value, this.#at + 4);
    this.u32(length);
    this.#at += length;
  }
  tensor({ index, tensor }: IndexedTensor): void {
    const { type, dims, data } = tensor;
    this.u16(index);
    this.u8(typeCodes.get(type) ?? 0);
    this.u8(dims.length);
    for (const dim of dims) this.u32(dim);
    this.u32(dataBytes(data));
    const start = HEADER_BYTES + alignedOffset(this.#at - HEADER_BYTES);
    this.buffer.fill(0, this.#at, start);
    this.#at = start;
    if (isStrings(data)) {
      for (const value of data) this.text(value);
      return;
    }
    this.buffer.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
    this.#at = start + data.byteLength;
  }
}

function checkTensor({ dims, data }: Tensor): void {
  if (dims.length > 255) throw new RangeError(`a tensor has ${dims.length} dimensions; at most 255 can travel`);
  const large = dims.find((dim) => !Number.isInteger(dim) || dim < 0 || dim > MAX_U32);
  if (large !== undefined) throw new RangeError(`a tensor has a dimension of ${large}; 0 to ${MAX_U32} can travel`);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count !== data.length) {
    throw new RangeError(`a tensor of shape [${dims.join(', ')}] needs ${count} elements; it has ${data.length}`);
  }
}

/**
 * The frame with its header, copied: the tensors may change afterwards.
 *
 * @throws {RangeError} a tensor whose dims and data disagree, or a frame above `maxBytes`
 */
export function encodeFrame(frame: Frame, maxBytes: number = MAX_FRAME_BYTES): Buffer {
  for (const item of frame.items) {
    if ('tensors' in item) for (const { tensor } of item.tensors) checkTensor(tensor);
  }
  const length = payloadBytes(frame);
  if (length > maxBytes) {
    throw new RangeError(`the tensors make a frame of ${length} bytes; at most ${maxBytes} can travel`);
  }
  const writer = new Writer(Buffer.allocUnsafe(HEADER_BYTES + length));
  writer.buffer.writeUInt32LE(length, 0);
  writer.u8(FRAME_KINDS[frame.kind]);
  writer.u8(0);
  writer.u16(frame.items.length);
  if (frame.kind === 'requests') {
    for (const { id, fetches, tensors } of frame.items) {
      writer.u32(id);
      writer.u16(fetches.length);
      writer.u16(tensors.length);
      for (const index of fetches) writer.u16(index);
      for (const tensor of tensors) writer.tensor(tensor);
    }
    return writer.buffer;
  }
  for (const item of frame.items) {
    writer.u32(item.id);
    writer.u8(item.status === 'ok' ? 0 : 1);
    writer.u8(0);
    writer.u16(item.status === 'ok' ? item.tensors.length : 0);
    if (item.status === 'refused') {
      writer.text(item.message);
      continue;
    }
    writer.f64(item.durationMs);
    writer.u32(item.batchSize);
    for (const tensor of item.tensors) writer.tensor(tensor);
  }
  return writer.buffer;
}
