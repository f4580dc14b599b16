import { types } from 'node:util';
import type { ModelManagementError } from '../../errors';
import { type EncodedInput, elementHint, type InputSlot, misfit, openSink } from './input-slot';
import { describe, indexPath, refusal } from './refusal';
import { elementCount, indicesAt, MAX_RANK, place, placeEmpty, placeFlat } from './shape';

/** Nested arrays (the innermost may be typed arrays), or a flat array or typed array. */
export function encodeArray(slot: InputSlot, value: ArrayLike<unknown>, path: string): EncodedInput {
  const { sizes, leaf } = measure(slot, value, path);
  const isOpen = sizes.at(-1) === 0;
  const { shape } = slot.info;
  const placement =
    (isOpen ? placeEmpty(sizes, shape, slot.batched) : place(sizes, shape, slot.batched)) ??
    (sizes.length === 1 ? placeFlat(value.length, shape, slot.batched) : undefined);
  if (!placement) {
    if (!isOpen && slot.type.open(1).put([leaf], 0) >= 0) throw badElement(slot, value, 0, sizes, path, leaf);
    throw misfit(slot, path, `an array of the shape [${sizes.join(', ')}]`);
  }
  const rows: ArrayLike<unknown>[] = [];
  collectRows(slot, value, sizes, 0, 0, path, rows);
  const rowSize = sizes.at(-1) ?? 0;
  const sink = openSink(slot, elementCount(sizes), path);
  for (const [index, row] of rows.entries()) {
    if (slot.info.type === 'float16' && types.isUint16Array(row)) throw ambiguousFloat16(slot, path);
    const refused = sink.put(row, index * rowSize);
    if (refused >= 0) throw badElement(slot, row, refused, sizes, path, row[refused], index * rowSize);
  }
  return {
    tensor: { type: slot.info.type, dims: placement.dims, data: sink.data },
    isSample: placement.isSample,
  };
}

/** A single number, boolean or text. */
export function encodeScalar(slot: InputSlot, value: unknown, path: string): EncodedInput {
  const sink = slot.type.open(1);
  if (sink.put([value], 0) >= 0) throw refusedElement(slot, path, value);
  const { shape } = slot.info;
  const placement = place([], shape, slot.batched) ?? placeFlat(1, shape, slot.batched);
  if (!placement) throw misfit(slot, path, describe(value));
  return {
    tensor: { type: slot.info.type, dims: placement.dims, data: sink.data },
    isSample: placement.isSample,
  };
}

/** Refusal of one element, found at `path`. */
export function refusedElement(slot: InputSlot, path: string, value: unknown): ModelManagementError {
  return refusal(slot.info, path, `${describe(value)}, ${slot.type.refusal(value)}`, elementHint(slot));
}

/** Refusal of a Uint16Array for float16, which some take as bits and some as numbers. */
export function ambiguousFloat16(slot: InputSlot, path: string): ModelManagementError {
  return refusal(
    slot.info,
    path,
    'a Uint16Array, which may hold float16 bits or whole numbers',
    'Send numbers as an array or Float32Array, bits as a Buffer or as {type, dims, data}.',
  );
}

/** Sizes along the first elements; one level more than the model has is enough to know it does not fit. */
function measure(slot: InputSlot, value: ArrayLike<unknown>, path: string): { sizes: number[]; leaf: unknown } {
  const maxDepth = Math.max(1, slot.info.shape?.length ?? MAX_RANK);
  const sizes: number[] = [];
  let probe: unknown = value;
  while (isList(probe)) {
    if (sizes.length === maxDepth) {
      const where = indexPath(path, sizes.fill(0));
      throw misfit(slot, where, `an array, nested more than ${maxDepth} deep`);
    }
    sizes.push(probe.length);
    probe = probe[0];
  }
  return { sizes, leaf: probe };
}

/** The innermost arrays in order, all lengths checked before anything is allocated. */
function collectRows(
  slot: InputSlot,
  list: ArrayLike<unknown>,
  sizes: readonly number[],
  level: number,
  position: number,
  path: string,
  rows: ArrayLike<unknown>[],
): void {
  if (level === sizes.length - 1) {
    rows.push(list);
    return;
  }
  const wanted = sizes[level + 1] ?? 0;
  for (let i = 0; i < list.length; i += 1) {
    const child = list[i];
    const childPosition = position * list.length + i;
    if (!isList(child) || child.length !== wanted) {
      const where = indexPath(path, indicesAt(childPosition, sizes.slice(0, level + 1)));
      const what = i in list ? describe(child) : 'nothing (a hole)';
      throw misfit(slot, where, `${what}, where an array of ${wanted} is wanted`);
    }
    collectRows(slot, child, sizes, level + 1, childPosition, path, rows);
  }
}

function badElement(
  slot: InputSlot,
  row: ArrayLike<unknown>,
  index: number,
  sizes: readonly number[],
  path: string,
  value: unknown,
  rowPosition = 0,
): ModelManagementError {
  const where = indexPath(path, indicesAt(rowPosition + index, sizes));
  if (index in row) return refusedElement(slot, where, value);
  return refusal(slot.info, where, 'nothing (a hole in the array)', elementHint(slot));
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (types.isTypedArray(value) && !Buffer.isBuffer(value));
}
