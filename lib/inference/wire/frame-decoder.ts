import type { TensorData } from '../tensor';
import {
  type AnswerItem,
  type Batch,
  type BatchEntry,
  type BatchResults,
  type Frame,
  FrameError,
  type IndexedTensor,
  type RequestItem,
} from './frames';
import { alignedOffset, FRAME_KINDS, type WireType, wireTypes } from './wire-types';

class Reader {
  #at = 0;
  constructor(
    readonly payload: Buffer,
    readonly isOwned: boolean,
  ) {}
  get isAtEnd(): boolean {
    return this.#at === this.payload.length;
  }
  #take(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.payload.length) throw new FrameError(`frame ends at byte ${this.payload.length}, inside`);
    this.#at = start + bytes;
    return start;
  }
  u8(): number {
    return this.payload.readUInt8(this.#take(1));
  }
  u16(): number {
    return this.payload.readUInt16LE(this.#take(2));
  }
  u32(): number {
    return this.payload.readUInt32LE(this.#take(4));
  }
  f64(): number {
    return this.payload.readDoubleLE(this.#take(8));
  }
  text(): string {
    const bytes = this.u32();
    const start = this.#take(bytes);
    return this.payload.toString('utf8', start, start + bytes);
  }
  list<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let n = 0; n < count; n++) items.push(read());
    return items;
  }
  tensor(): IndexedTensor {
    const index = this.u16();
    const code = this.u8();
    const wire = wireTypes[code];
    if (!wire) throw new FrameError(`unknown tensor type code ${code}`);
    const dims = this.list(this.u8(), () => this.u32());
    const bytes = this.u32();
    this.#take(alignedOffset(this.#at) - this.#at);
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (wire.type === 'string') {
      // Each string takes at least its length field, so a forged count cannot make a long list.
      if (count * 4 > bytes) throw new FrameError(`${bytes} bytes cannot hold ${count} strings`);
      const end = this.#at + bytes;
      const data = this.list(count, () => this.text());
      if (this.#at !== end) throw new FrameError('strings and their byte length disagree');
      return { index, tensor: { type: wire.type, dims, data } };
    }
    if (count * wire.elementBytes !== bytes) {
      throw new FrameError(`a ${wire.type} tensor of shape [${dims.join(', ')}] cannot have ${bytes} bytes`);
    }
    return { index, tensor: { type: wire.type, dims, data: this.#data(wire, count, bytes) } };
  }
  #data(wire: WireType, count: number, bytes: number): TensorData {
    const start = this.payload.byteOffset + this.#take(bytes);
    const source = this.payload.buffer as ArrayBuffer;
    // A view saves a copy of a large tensor; a small one would keep the whole frame in memory.
    const isView = this.isOwned && start % 8 === 0 && bytes * 2 >= this.payload.length;
    return isView ? wire.view(source, start, count) : wire.view(source.slice(start, start + bytes), 0, count);
  }
}

/**
 * @param payload - the frame without its header
 * @param isOwned - the payload's memory is never written again, so that large tensors may stay views into it
 * @throws {FrameError}
 */
export function decodeFrame(payload: Buffer, isOwned: boolean): Frame {
  const reader = new Reader(payload, isOwned);
  const kind = reader.u8();
  reader.u8();
  const frame = readFrame(reader, kind, reader.u16());
  if (!reader.isAtEnd) throw new FrameError('bytes left over at the end of a frame');
  return frame;
}

function readFrame(reader: Reader, kind: number, count: number): Frame {
  switch (kind) {
    case FRAME_KINDS.requests:
      return { kind: 'requests', items: reader.list(count, () => readRequest(reader)) };
    case FRAME_KINDS.answers:
      return { kind: 'answers', items: reader.list(count, () => readAnswer(reader)) };
    case FRAME_KINDS.batch:
      return readBatch(reader, count);
    case FRAME_KINDS.results:
      return readResults(reader, count);
    default:
      throw new FrameError(`unknown frame kind ${kind}`);
  }
}

function readBatch(reader: Reader, count: number): Batch {
  const fetchCount = reader.u16();
  const tensorCount = reader.u16();
  const entries = reader.list(count, () => readEntry(reader));
  const fetches = reader.list(fetchCount, () => reader.u16());
  const tensors = reader.list(tensorCount, () => reader.tensor());
  checkRows(entries, tensors);
  return { kind: 'batch', entries, fetches, tensors };
}

function readResults(reader: Reader, count: number): BatchResults {
  reader.u16();
  const tensorCount = reader.u16();
  const entries = reader.list(count, () => readEntry(reader));
  const durationMs = reader.f64();
  const tensors = reader.list(tensorCount, () => reader.tensor());
  checkRows(entries, tensors);
  return { kind: 'results', entries, durationMs, tensors };
}

function readEntry(reader: Reader): BatchEntry {
  return { id: reader.u32(), rows: reader.u32() };
}

/** Whoever takes the rows apart may rely on them. */
function checkRows(entries: readonly BatchEntry[], tensors: readonly IndexedTensor[]): void {
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  for (const { tensor } of tensors) {
    if (tensor.dims[0] !== rows)
      throw new FrameError(`${rows} rows in a batch, [${tensor.dims.join(', ')}] in a tensor`);
  }
}

function readRequest(reader: Reader): RequestItem {
  const id = reader.u32();
  const fetchCount = reader.u16();
  const tensorCount = reader.u16();
  const fetches = reader.list(fetchCount, () => reader.u16());
  return { id, fetches, tensors: reader.list(tensorCount, () => reader.tensor()) };
}

function readAnswer(reader: Reader): AnswerItem {
  const id = reader.u32();
  const status = reader.u8();
  reader.u8();
  const tensorCount = reader.u16();
  if (status === 1) return { id, status: 'refused', message: reader.text() };
  if (status !== 0) throw new FrameError(`unknown answer status ${status}`);
  const durationMs = reader.f64();
  const batchSize = reader.u32();
  return { id, status: 'ok', durationMs, batchSize, tensors: reader.list(tensorCount, () => reader.tensor()) };
}
