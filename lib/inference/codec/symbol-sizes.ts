import { invalidInput } from '../../errors';
import type { TensorInfo } from '../../registry/signature';
import type { EncodedInput } from './input-slot';
import { quote } from './refusal';

/** True when some symbol stands at more than one place of the inputs, so that sizes have to be compared. */
export function hasSharedSymbol(inputs: readonly TensorInfo[]): boolean {
  const symbols = inputs.flatMap(({ shape }) => (shape ?? []).filter((d) => typeof d === 'string' && d !== ''));
  return new Set(symbols).size < symbols.length;
}

/**
 * Compares the sizes of each symbol over all inputs and fills in the dims an empty array left open; a size nobody
 * tells becomes 1, which the empty data fits as well as any other.
 * @throws {ModelManagementError} `INVALID_INPUT` naming both places
 */
export function settleSymbols(inputs: readonly TensorInfo[], encoded: readonly EncodedInput[]): EncodedInput[] {
  const sizes = new Map<string, { readonly size: number; readonly input: string }>();
  for (const [index, { name, shape }] of inputs.entries()) {
    for (const [axis, size] of (encoded[index]?.tensor.dims ?? []).entries()) {
      const symbol = shape?.[axis];
      if (typeof symbol !== 'string' || symbol === '' || size < 0) continue;
      const known = sizes.get(symbol);
      if (known && known.size !== size) {
        throw invalidInput(
          name,
          `${quote(symbol)} is ${known.size} in input ${quote(known.input)}, but ${size} in input ${quote(name)}`,
          `Send the same size wherever the model says ${quote(symbol)}.`,
        );
      }
      sizes.set(symbol, { size, input: name });
    }
  }
  return encoded.map((one, index) => {
    if (one.tensor.dims.every((size) => size >= 0)) return one;
    const shape = inputs[index]?.shape ?? [];
    const dims = one.tensor.dims.map((size, axis) => (size >= 0 ? size : (sizes.get(String(shape[axis]))?.size ?? 1)));
    return { ...one, tensor: { ...one.tensor, dims } };
  });
}
