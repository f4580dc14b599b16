import type { TensorData } from '../tensor';
import { checkTensor, FrameBuffer, type TensorPieces, tensorEnd } from './frame-buffer';
import {
  type AnswerItem,
  type Batch,
  type BatchEntry,
  type BatchResults,
  type Frame,
  type IndexedTensor,
  MAX_FRAME_BYTES,
  type RequestItem,
} from './frames';

function whole({ index, tensor: { type, dims, data } }: IndexedTensor): TensorPieces {
  return { index, type, dims, pieces: [data] };
}

/** Checked, because a decoder takes what disagrees for the end of the stream. */
function checked(tensors: readonly TensorPieces[]): readonly TensorPieces[] {
  for (const tensor of tensors) checkTensor(tensor);
  return tensors;
}

function endOf(start: number, tensors: readonly TensorPieces[]): number {
  let end = start;
  for (const tensor of tensors) end = tensorEnd(end, tensor);
  return end;
}

/**
 * The frame with its header, copied: the tensors may change afterwards.
 *
 * @throws {RangeError} a tensor whose dims and data disagree, or a frame above `maxBytes`
 */
export function encodeFrame(frame: Frame, maxBytes: number = MAX_FRAME_BYTES): Buffer {
  switch (frame.kind) {
    case 'requests':
      return encodeRequests(frame.items, maxBytes);
    case 'answers':
      return encodeAnswers(frame.items, maxBytes);
    case 'batch':
      return encodeBatchFrame(frame, checked(frame.tensors.map(whole)), maxBytes);
    case 'results':
      return encodeResults(frame, maxBytes);
  }
}

/**
 * A batch frame of requests that each have the same inputs, equal in type and trailing dims, and the same fetches.
 *
 * @throws {RangeError} a tensor whose dims and data disagree, or a frame above `maxBytes`
 */
export function encodeBatch(requests: readonly RequestItem[], maxBytes: number = MAX_FRAME_BYTES): Buffer {
  const entries = requests.map(({ id, tensors }) => ({ id, rows: tensors[0]?.tensor.dims[0] ?? 0 }));
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  const [first] = requests;
  const tensors = (first?.tensors ?? []).map(({ index, tensor: { type, dims } }, position): TensorPieces => {
    const pieces = requests.map((request) => request.tensors[position]?.tensor.data as TensorData);
    return { index, type, dims: [rows, ...dims.slice(1)], pieces };
  });
  return encodeBatchFrame({ entries, fetches: first?.fetches ?? [] }, checked(tensors), maxBytes);
}

function encodeRequests(items: readonly RequestItem[], maxBytes: number): Buffer {
  const pieces = items.map((item) => checked(item.tensors.map(whole)));
  let end = 4;
  for (const [n, { fetches }] of items.entries()) end = endOf(end + 8 + 2 * fetches.length, pieces[n] ?? []);
  const buffer = new FrameBuffer('requests', items.length, end, maxBytes);
  for (const [n, { id, fetches, tensors }] of items.entries()) {
    buffer.u32(id);
    buffer.u16(fetches.length);
    buffer.u16(tensors.length);
    for (const index of fetches) buffer.u16(index);
    for (const tensor of pieces[n] ?? []) buffer.tensor(tensor);
  }
  return buffer.bytes;
}

function encodeAnswers(items: readonly AnswerItem[], maxBytes: number): Buffer {
  const pieces = items.map((item) => (item.status === 'ok' ? checked(item.tensors.map(whole)) : []));
  let end = 4;
  for (const [n, item] of items.entries()) {
    end += 8;
    end = item.status === 'ok' ? endOf(end + 12, pieces[n] ?? []) : end + 4 + Buffer.byteLength(item.message);
  }
  const buffer = new FrameBuffer('answers', items.length, end, maxBytes);
  for (const [n, item] of items.entries()) {
    buffer.u32(item.id);
    buffer.u8(item.status === 'ok' ? 0 : 1);
    buffer.u8(0);
    buffer.u16(item.status === 'ok' ? item.tensors.length : 0);
    if (item.status === 'refused') {
      buffer.text(item.message);
      continue;
    }
    buffer.f64(item.durationMs);
    buffer.u32(item.batchSize);
    for (const tensor of pieces[n] ?? []) buffer.tensor(tensor);
  }
  return buffer.bytes;
}

function encodeBatchFrame(
  { entries, fetches }: Pick<Batch, 'entries' | 'fetches'>,
  tensors: readonly TensorPieces[],
  maxBytes: number,
): Buffer {
  const end = endOf(8 + 8 * entries.length + 2 * fetches.length, tensors);
  const buffer = new FrameBuffer('batch', entries.length, end, maxBytes);
  buffer.u16(fetches.length);
  buffer.u16(tensors.length);
  writeEntries(buffer, entries);
  for (const index of fetches) buffer.u16(index);
  for (const tensor of tensors) buffer.tensor(tensor);
  return buffer.bytes;
}

function encodeResults({ entries, durationMs, tensors: results }: BatchResults, maxBytes: number): Buffer {
  const tensors = checked(results.map(whole));
  const buffer = new FrameBuffer('results', entries.length, endOf(16 + 8 * entries.length, tensors), maxBytes);
  buffer.u16(0);
  buffer.u16(tensors.length);
  writeEntries(buffer, entries);
  buffer.f64(durationMs);
  for (const tensor of tensors) buffer.tensor(tensor);
  return buffer.bytes;
}

function writeEntries(buffer: FrameBuffer, entries: readonly BatchEntry[]): void {
  for (const { id, rows } of entries) {
    buffer.u32(id);
    buffer.u32(rows);
  }
}
