import { types } from 'node:util';
import { encodeFeatureRow, encodeFeatureRows, hasAllFeatures } from './feature-rows';
import type { EncodedInput, InputSlot } from './input-slot';
import { ambiguousFloat16, encodeArray, encodeScalar } from './nested-array';
import { describe, isRecord, refusal } from './refusal';
import { encodeBytes, encodeTensorLiteral, isJsonBuffer, isTensorLiteral, parseJsonBuffer } from './tensor-literal';

/**
 * Value of one input, in any of the accepted forms.
 * @throws {ModelManagementError} `INVALID_INPUT` with what the input wants and what came
 */
export function encodeInputValue(slot: InputSlot, value: unknown, path: string): EncodedInput {
  if (Array.isArray(value)) {
    const isRows = slot.features.length > 0 && isRecord(value[0]);
    return isRows ? encodeFeatureRows(slot, value, path) : encodeArray(slot, value, path);
  }
  if (typeof value !== 'object' || value === null) return encodeScalar(slot, value, path);
  if (Buffer.isBuffer(value)) return encodeBytes(slot, value, path);
  if (types.isTypedArray(value)) {
    if (slot.info.type === 'float16' && types.isUint16Array(value)) throw ambiguousFloat16(slot, path);
    return encodeArray(slot, value, path);
  }
  if (isRecord(value)) return encodeRecord(slot, value, path);
  throw refusal(slot.info, path, describe(value), 'Send an array, a number or text.');
}

function encodeRecord(slot: InputSlot, record: Readonly<Record<string, unknown>>, path: string): EncodedInput {
  if (hasAllFeatures(slot.features, record)) return encodeFeatureRow(slot, record, path);
  if (isTensorLiteral(record)) return encodeTensorLiteral(slot, record, path);
  if (isJsonBuffer(record)) return encodeBytes(slot, parseJsonBuffer(slot, record, path), path);
  // Not complete: the row encoder names what is missing.
  if (slot.features.length > 0) return encodeFeatureRow(slot, record, path);
  throw refusal(
    slot.info,
    path,
    describe(record),
    'Send an array, {type, dims, data} or an object by input names; objects of values need the features to be set.',
  );
}
