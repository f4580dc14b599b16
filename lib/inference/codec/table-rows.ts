import { invalidInput } from '../../errors';
import { type EncodedInput, type InputSlot, misfit, openSink } from './input-slot';
import { refusedElement } from './nested-array';
import { describe, indexPath, isRecord, keyPath, ownValue, quote, quoteAll } from './refusal';
import { place } from './shape';

/** True when each input is a column: one value per row, as exporters make of a table with names. */
export function areColumns(slots: Iterable<InputSlot>): boolean {
  for (const { info, batched } of slots) {
    if (!batched || !info.shape?.slice(1).every((size) => size === 1)) return false;
  }
  return true;
}

/**
 * A list of objects by input names: a row each, whose values go to the columns.
 * @throws {ModelManagementError} `INVALID_INPUT` naming row and input
 */
export function encodeTableRows(slots: readonly InputSlot[], rows: readonly unknown[], path: string): EncodedInput[] {
  const names = new Set(slots.map(({ info }) => info.name));
  const records = rows.map((row, index) => {
    if (!isRecord(row)) throw unusable(names, indexPath(path, [index]), describe(row));
    const unknown = Object.keys(row).filter((key) => !names.has(key));
    if (unknown.length > 0) throw unusable(names, indexPath(path, [index]), `an object with ${quoteAll(unknown)}`);
    return row;
  });
  return slots.map((slot) => encodeColumn(slot, records, path));
}

function encodeColumn(slot: InputSlot, rows: readonly Readonly<Record<string, unknown>>[], path: string): EncodedInput {
  const { name, type, shape } = slot.info;
  const sizes = [rows.length, ...(shape ?? []).slice(1).map(() => 1)];
  const placement = place(sizes, shape, false);
  if (!placement) throw misfit(slot, path, `${rows.length} rows`);
  const sink = openSink(slot, rows.length, path);
  for (const [index, row] of rows.entries()) {
    const value = ownValue(row, name);
    const where = indexPath(path, [index]);
    if (value === undefined) throw missing(name, index, where, keyPath(where, name));
    if (sink.put([value], index) >= 0) throw refusedElement(slot, keyPath(where, name), value);
  }
  return { tensor: { type, dims: placement.dims, data: sink.data }, isSample: false };
}

function missing(input: string, row: number, where: string, field: string): Error {
  return invalidInput(
    field,
    `the input ${quote(input)} is missing in row ${row} (${where})`,
    'Every row needs a value for each input.',
  );
}

function unusable(names: ReadonlySet<string>, where: string, came: string): Error {
  return invalidInput(
    where,
    `${where} is ${came}, where an object by input names is wanted`,
    `Send the inputs ${quoteAll(names)} in each row, and nothing else.`,
  );
}
