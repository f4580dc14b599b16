import type { SignatureDifference } from '../../../../lib/registry/signature-comparison';
import { compareSignatures } from '../../../../lib/registry/signature-comparison';
import type { Signature, TensorInfo } from '../contract';

/** Two things of one name, absent where a version has no such thing. */
export interface Pair<T> {
  readonly name: string;
  readonly left: T | undefined;
  readonly right: T | undefined;
}

/** Every name of either, in the order of the left, then what only the right has. */
export function pairs<T>(
  left: Readonly<Record<string, T>> = {},
  right: Readonly<Record<string, T>> = {},
): readonly Pair<T>[] {
  const own = (values: Readonly<Record<string, T>>, name: string): T | undefined =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => ({
    name,
    left: own(left, name),
    right: own(right, name),
  }));
}

export interface MetricChange {
  /** Right less left. */
  readonly difference: number;
  /** Of the left's size; absent where that is 0 or the share is beyond counting. */
  readonly ratio?: number;
}

export function metricChange({ left, right }: Pair<number>): MetricChange | undefined {
  if (left === undefined || right === undefined) return undefined;
  const difference = right - left;
  const ratio = difference / Math.abs(left);
  return { difference, ...(Number.isFinite(ratio) && { ratio }) };
}

export interface TensorPair extends Pair<TensorInfo> {
  readonly direction: 'input' | 'output';
  /** What would break for somebody who uses the left; `size`: only a size differs. Absent: the same. */
  readonly difference?: SignatureDifference['kind'] | 'size';
}

/** Each input and output of either. */
export function tensorPairs(left: Signature, right: Signature): readonly TensorPair[] {
  const breaking = compareSignatures(left, right);
  const byName = (infos: readonly TensorInfo[]): ReadonlyMap<string, TensorInfo> =>
    new Map(infos.map((info) => [info.name, info]));
  const side = (direction: TensorPair['direction'], a: readonly TensorInfo[], b: readonly TensorInfo[]) => {
    const [before, after] = [byName(a), byName(b)];
    return [...new Set([...before.keys(), ...after.keys()])].map((name): TensorPair => {
      const pair = { direction, name, left: before.get(name), right: after.get(name) };
      const found = breaking.find((one) => one.direction === direction && one.name === name)?.kind;
      const isResized = JSON.stringify(pair.left?.shape) !== JSON.stringify(pair.right?.shape);
      const difference = found ?? (isResized ? 'size' : undefined);
      return { ...pair, ...(difference && { difference }) };
    });
  };
  return [...side('input', left.inputs, right.inputs), ...side('output', left.outputs, right.outputs)];
}
