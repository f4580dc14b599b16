import { quoted } from './invalid-model';
import type { Signature, TensorInfo, TensorType } from './signature';

/** The signatures of a version's files, each for itself. */
export interface FileSignatures {
  readonly signature: Signature;
  readonly preprocessing?: { readonly signature: Signature };
}

/**
 * What a caller feeds and gets: the inputs of the preprocessing, if there is one, then those of the model that the
 * preprocessing does not give; the outputs of the model.
 */
export function effectiveSignature({ signature, preprocessing }: FileSignatures): Signature {
  if (!preprocessing) return signature;
  const { inputs, outputs } = preprocessing.signature;
  const known = new Set([...inputs, ...outputs].map(({ name }) => name));
  return {
    inputs: [...inputs, ...signature.inputs.filter(({ name }) => !known.has(name))],
    outputs: signature.outputs,
  };
}

/** One thing that would break for somebody who uses the one signature and gets the other. */
export type SignatureDifference = { readonly direction: 'input' | 'output'; readonly name: string } & (
  | { readonly kind: 'gone' | 'new' }
  | { readonly kind: 'type'; readonly before: TensorType; readonly after: TensorType }
  | { readonly kind: 'rank'; readonly before: number; readonly after: number }
);

/**
 * What would break for somebody who uses the one signature and gets the other: names that go or come, other types,
 * another rank. Sizes may differ, and an unknown rank fits any. Empty = they fit.
 */
export function compareSignatures(current: Signature, next: Signature): readonly SignatureDifference[] {
  return [
    ...valueDifferences('input', current.inputs, next.inputs),
    ...valueDifferences('output', current.outputs, next.outputs),
  ];
}

/** `compareSignatures` in words. */
export function signatureDifferences(current: Signature, next: Signature): readonly string[] {
  return compareSignatures(current, next).map(inWords);
}

function inWords(difference: SignatureDifference): string {
  const value = `${difference.direction} ${quoted(difference.name)}`;
  switch (difference.kind) {
    case 'gone':
    case 'new':
      return `${value} is ${difference.kind}`;
    case 'type':
      return `${value}: ${difference.before} became ${difference.after}`;
    case 'rank':
      return `${value}: rank ${difference.before} became rank ${difference.after}`;
  }
}

function valueDifferences(
  direction: SignatureDifference['direction'],
  current: readonly TensorInfo[],
  next: readonly TensorInfo[],
): readonly SignatureDifference[] {
  const before = new Map(current.map((info) => [info.name, info]));
  const after = new Map(next.map((info) => [info.name, info]));
  const differences: SignatureDifference[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    if (!now) differences.push({ direction, name, kind: 'gone' });
    else if (now.type !== old.type)
      differences.push({ direction, name, kind: 'type', before: old.type, after: now.type });
    else if (old.shape && now.shape && old.shape.length !== now.shape.length) {
      differences.push({ direction, name, kind: 'rank', before: old.shape.length, after: now.shape.length });
    }
  }
  for (const name of after.keys()) if (!before.has(name)) differences.push({ direction, name, kind: 'new' });
  return differences;
}
