import type { Tensor } from './tensor';

/** Elements of one row along dimension 0. */
export function rowLength({ dims }: Pick<Tensor, 'dims'>): number {
  let length = 1;
  for (let axis = 1; axis < dims.length; axis += 1) length *= dims[axis] ?? 1;
  return length;
}

/** Rows `from` to `from + count` of a tensor of rank 1 or more: a view of its data, or a copy of texts. */
export function rowsOf(tensor: Tensor, from: number, count: number): Tensor {
  const { type, dims, data } = tensor;
  const length = rowLength(tensor);
  const [start, end] = [from * length, (from + count) * length];
  const rows = Array.isArray(data) ? data.slice(start, end) : (data as Float32Array).subarray(start, end);
  return { type, dims: [count, ...dims.slice(1)], data: rows };
}

/** The rows of all, one tensor after the other; they agree in type and trailing dims, and there is at least one. */
export function joinRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first) throw new RangeError('no tensors to join');
  const { type, dims, data } = first;
  const count = tensors.reduce((sum, tensor) => sum + (tensor.dims[0] ?? 0), 0);
  const joined = { type, dims: [count, ...dims.slice(1)] };
  if (Array.isArray(data)) return { ...joined, data: tensors.flatMap((tensor) => [...(tensor.data as string[])]) };
  const length = tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const all = new (data.constructor as new (length: number) => Float32Array)(length);
  let at = 0;
  for (const tensor of tensors) {
    all.set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  return { ...joined, data: all };
}
