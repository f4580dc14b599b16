import { endianness } from 'node:os';
import { types } from 'node:util';
import type { TensorData } from '../tensor';
import { elementTypes } from './element-type';
import { type EncodedInput, elementHint, type InputSlot, misfit, openSink } from './input-slot';
import { refusedElement } from './nested-array';
import { describe, indexPath, refusal } from './refusal';
import { elementCount, MAX_RANK, place, placeFlat } from './shape';

/** More elements than this fit no tensor, of whatever type. */
const MAX_ELEMENT_COUNT = 2 ** 31 - 1;

type PlainRecord = Readonly<Record<string, unknown>>;

/** Own keys `type` (text), `dims` and `data`: `{type, dims, data}`. */
export function isTensorLiteral(record: PlainRecord): boolean {
  return ['type', 'dims', 'data'].every((key) => Object.hasOwn(record, key)) && typeof record['type'] === 'string';
}

/** `{type:'Buffer', data:[…]}`, which is what a Buffer becomes on its way through JSON. */
export function isJsonBuffer(record: PlainRecord): boolean {
  const isMarked = Object.hasOwn(record, 'type') && record['type'] === 'Buffer';
  return isMarked && Object.hasOwn(record, 'data') && Object.keys(record).length === 2;
}

/** `{type, dims, data}`: nothing is reshaped or converted; `dims` may be those of one sample. */
export function encodeTensorLiteral(slot: InputSlot, literal: PlainRecord, path: string): EncodedInput {
  const { type, dims, data } = literal;
  if (type !== slot.info.type) {
    throw refusal(slot.info, `${path}.type`, describe(type), `Send the type ${slot.info.type}, or plain arrays.`);
  }
  const sizes = parseDims(slot, dims, `${path}.dims`);
  // A 0 among them makes the data empty, but the runtime multiplies the others all the same.
  if (elementCount(sizes.filter((size) => size > 0)) > MAX_ELEMENT_COUNT) {
    throw refusal(slot.info, `${path}.dims`, `[${sizes.join(', ')}]`, 'Send dims that memory can hold.');
  }
  const placement = place(sizes, slot.info.shape, slot.batched);
  if (!placement) throw misfit(slot, `${path}.dims`, `[${sizes.join(', ')}]`);
  return {
    tensor: { type: slot.info.type, dims: placement.dims, data: literalData(slot, data, sizes, `${path}.data`) },
    isSample: placement.isSample,
  };
}

/** Raw little-endian bytes: one sample, or all elements where the model fixes every size. */
export function encodeBytes(slot: InputSlot, bytes: Uint8Array, path: string): EncodedInput {
  const { shape, type } = slot.info;
  const count = slot.type.elementBytes === 0 ? 0 : bytes.length / slot.type.elementBytes;
  // Bytes say nothing of the shape, so an unknown rank is no place for them.
  const placement = shape ? (place([count], shape, slot.batched) ?? placeFlat(count, shape, slot.batched)) : undefined;
  if (!placement || !Number.isInteger(count)) {
    const size = slot.type.elementBytes === 0 ? '' : `, ${slot.type.elementBytes} for each ${type}`;
    throw misfit(slot, path, `raw bytes, ${bytes.length} of them${size}`);
  }
  return {
    tensor: { type, dims: placement.dims, data: bytesToData(slot, bytes, path) },
    isSample: placement.isSample,
  };
}

/** Bytes of a Buffer that went through JSON. */
export function parseJsonBuffer(slot: InputSlot, record: PlainRecord, path: string): Uint8Array {
  const list = record['data'];
  if (!Array.isArray(list)) throw refusal(slot.info, `${path}.data`, describe(list), 'Send a Buffer or an array.');
  const sink = elementTypes.uint8.open(list.length);
  const refused = sink.put(list, 0);
  if (refused >= 0) {
    throw refusal(
      slot.info,
      indexPath(`${path}.data`, [refused]),
      `${describe(list[refused])}, not a byte`,
      'Send 0..255.',
    );
  }
  return sink.data as Uint8Array;
}

function parseDims(slot: InputSlot, dims: unknown, path: string): number[] {
  const hint = 'Send dims as an array of whole numbers, [] for a scalar.';
  if (!Array.isArray(dims) || dims.length > MAX_RANK) throw refusal(slot.info, path, describe(dims), hint);
  // Array.from reads holes as undefined, which map and every would jump over.
  return Array.from(dims, (size: unknown, index) => {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
    throw refusal(slot.info, indexPath(path, [index]), describe(size), hint);
  });
}

function literalData(slot: InputSlot, data: unknown, sizes: readonly number[], path: string): TensorData {
  const count = elementCount(sizes);
  if (Buffer.isBuffer(data)) {
    const wantedBytes = count * slot.type.elementBytes;
    if (slot.type.elementBytes > 0 && data.length === wantedBytes) return bytesToData(slot, data, path);
    throw refusal(slot.info, path, describe(data), `Send ${wantedBytes} bytes, as dims and type say.`);
  }
  if (!Array.isArray(data) && !types.isTypedArray(data)) {
    throw refusal(slot.info, path, describe(data), 'Send data as one flat array, a typed array or a Buffer.');
  }
  if (data.length !== count) {
    const product = sizes.length === 0 ? '1' : sizes.join(' × ');
    throw refusal(slot.info, path, `${data.length} elements`, `Send ${product} elements, as dims say.`);
  }
  // Beside its type there is no doubt: float16 in 16-bit storage is bits, as ONNX Runtime has it.
  if (slot.info.type === 'float16' && types.isUint16Array(data)) return new Uint16Array(data);
  const sink = openSink(slot, count, path);
  const refused = sink.put(data, 0);
  if (refused < 0) return sink.data;
  const where = indexPath(path, [refused]);
  if (refused in data) throw refusedElement(slot, where, data[refused]);
  throw refusal(slot.info, where, 'nothing (a hole in the array)', elementHint(slot));
}

/** A copy: the message may be changed while the request waits, and a Buffer need not be aligned. */
function bytesToData(slot: InputSlot, bytes: Uint8Array, path: string): TensorData {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (endianness() === 'BE') swapBytes(copy, slot.type.elementBytes);
  const refused = slot.info.type === 'bool' ? copy.findIndex((byte) => byte > 1) : -1;
  if (refused >= 0) throw refusedElement(slot, indexPath(path, [refused]), copy[refused]);
  const data = slot.type.view(copy.buffer);
  if (data) return data;
  throw refusal(slot.info, path, 'raw bytes', elementHint(slot));
}

function swapBytes(bytes: Buffer, elementBytes: number): void {
  if (elementBytes === 2) bytes.swap16();
  else if (elementBytes === 4) bytes.swap32();
  else if (elementBytes === 8) bytes.swap64();
}
