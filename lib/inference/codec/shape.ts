import type { Dimension, Signature } from '../../registry/signature';

/** Where a value goes: full dims, and whether the batch dimension was added. -1 = not known from the value. */
export interface Placement {
  readonly dims: readonly number[];
  readonly isSample: boolean;
}

/** Deepest nesting looked at where the model does not say its rank. */
export const MAX_RANK = 32;

/**
 * True when dim 0 of every input and every output is symbolic, unnamed or 1: then a value of one rank less can only
 * be one sample. An unknown rank is no promise, so it makes the model not batched.
 */
export function isBatched({ inputs, outputs }: Signature): boolean {
  return (
    inputs.length > 0 &&
    [...inputs, ...outputs].every(({ shape }) => {
      const first = shape?.[0];
      return first !== undefined && (!isFixed(first) || first === 1);
    })
  );
}

/** A size the model fixes; exporters write -1 for one they do not know. */
export function isFixed(dimension: Dimension): dimension is number {
  return typeof dimension === 'number' && dimension >= 0;
}

/** Product of the sizes; inexact beyond 2^53, which no data can match. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const size of dims) count *= size;
  return count;
}

/** Index of each level for the element (or row) at a row-major position. */
export function indicesAt(position: number, dims: readonly number[]): number[] {
  const indices = new Array<number>(dims.length);
  let rest = position;
  for (let level = dims.length - 1; level >= 0; level -= 1) {
    const size = Math.max(1, dims[level] ?? 1);
    indices[level] = rest % size;
    rest = Math.floor(rest / size);
  }
  return indices;
}

/** Places a value whose own sizes are known: as it is, else as one sample. */
export function place(
  sizes: readonly number[],
  shape: readonly Dimension[] | null,
  batched: boolean,
): Placement | undefined {
  if (shape === null || fits(sizes, shape, 0)) return { dims: sizes, isSample: false };
  if (batched && fits(sizes, shape, 1)) return { dims: [1, ...sizes], isSample: true };
  return undefined;
}

/** Places an array that ends in an empty one, so that its inner sizes are not to be seen: the model's stand in. */
export function placeEmpty(
  sizes: readonly number[],
  shape: readonly Dimension[] | null,
  batched: boolean,
): Placement | undefined {
  if (shape === null) return { dims: sizes, isSample: false };
  const full = [...sizes, ...shape.slice(sizes.length).map(sizeOrOpen)];
  if (fits(full, shape, 0)) return { dims: full, isSample: false };
  const sample = [...sizes, ...shape.slice(sizes.length + 1).map(sizeOrOpen)];
  return batched && fits(sample, shape, 1) ? { dims: [1, ...sample], isSample: true } : undefined;
}

/** Places elements without nesting: only where they are one sample, or where the model fixes every size. */
export function placeFlat(count: number, shape: readonly Dimension[] | null, batched: boolean): Placement | undefined {
  if (shape === null) return undefined;
  const inner = batched ? shape.slice(1) : shape;
  if (!inner.every(isFixed) || elementCount(inner) !== count) return undefined;
  return { dims: batched ? [1, ...inner] : inner, isSample: batched };
}

/** `[N, 4]`, `[?, 3]`, `[] (a scalar)` or `of any rank`. */
export function describeShape(shape: readonly Dimension[] | null): string {
  if (shape === null) return 'of any rank';
  if (shape.length === 0) return '[] (a scalar)';
  return `[${shape.map((d) => (isFixed(d) || (typeof d === 'string' && d !== '') ? d : '?')).join(', ')}]`;
}

function fits(sizes: readonly number[], shape: readonly Dimension[], from: number): boolean {
  if (sizes.length !== shape.length - from) return false;
  for (let i = 0; i < sizes.length; i += 1) {
    const wanted = shape[from + i] ?? null;
    if (isFixed(wanted) && wanted !== sizes[i]) return false;
  }
  return true;
}

function sizeOrOpen(dimension: Dimension): number {
  return isFixed(dimension) ? dimension : -1;
}
