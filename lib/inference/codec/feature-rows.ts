import { ModelManagementError } from '../../errors';
import { type EncodedInput, type InputSlot, misfit, openSink } from './input-slot';
import { refusedElement } from './nested-array';
import { describe, indexPath, isRecord, keyPath, ownValue, quote } from './refusal';
import { place, placeFlat } from './shape';

type PlainRecord = Readonly<Record<string, unknown>>;

/** True when the object has every feature as a key of its own; further keys do not matter. */
export function hasAllFeatures(features: readonly string[], record: PlainRecord): boolean {
  return features.length > 0 && features.every((feature) => Object.hasOwn(record, feature));
}

/** One object: one row. */
export function encodeFeatureRow(slot: InputSlot, row: PlainRecord, path: string): EncodedInput {
  const { shape } = slot.info;
  const width = slot.features.length;
  const data = readRows(slot, [row], path, () => path);
  const placement =
    (shape && place([width], shape, slot.batched)) ??
    place([1, width], shape, slot.batched) ??
    placeFlat(width, shape, slot.batched);
  if (!placement) throw misfit(slot, path, `an object of ${width} features`);
  return { tensor: { type: slot.info.type, dims: placement.dims, data }, isSample: placement.isSample };
}

/** A list of objects: a row each. */
export function encodeFeatureRows(slot: InputSlot, rows: readonly unknown[], path: string): EncodedInput {
  const sizes = [rows.length, slot.features.length];
  const placement = place(sizes, slot.info.shape, slot.batched);
  if (!placement) throw misfit(slot, path, `${sizes[0]} objects of ${sizes[1]} features`);
  const data = readRows(slot, rows, path, (index) => indexPath(path, [index]));
  return { tensor: { type: slot.info.type, dims: placement.dims, data }, isSample: placement.isSample };
}

function readRows(
  slot: InputSlot,
  rows: readonly unknown[],
  path: string,
  rowPath: (index: number) => string,
): EncodedInput['tensor']['data'] {
  const { features } = slot;
  const sink = openSink(slot, rows.length * features.length, path);
  const values = new Array<unknown>(features.length);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (!isRecord(row)) throw misfit(slot, rowPath(index), `${describe(row)}, where an object of features is wanted`);
    for (const [column, feature] of features.entries()) {
      const value = ownValue(row, feature);
      if (value === undefined || value === null) throw missingFeature(slot, feature, index, rowPath(index), value);
      values[column] = value;
    }
    const refused = sink.put(values, index * features.length);
    if (refused >= 0) {
      throw refusedElement(slot, keyPath(rowPath(index), features[refused] ?? ''), values[refused]);
    }
  }
  return sink.data;
}

function missingFeature(
  slot: InputSlot,
  feature: string,
  row: number,
  rowPath: string,
  value: null | undefined,
): ModelManagementError {
  const state = value === null ? 'null' : 'missing';
  return new ModelManagementError(
    'INVALID_INPUT',
    `feature ${quote(feature)} is ${state} in row ${row} (${rowPath})`,
    `Every row needs a value for each of the ${slot.features.length} features.`,
    { details: { field: keyPath(rowPath, feature), input: slot.info.name, feature, row } },
  );
}
