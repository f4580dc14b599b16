import { quoted } from './invalid-model';
import type { Signature, TensorInfo } from './signature';

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

/**
 * What would break for somebody who uses the one signature and gets the other: names that go or come, other types,
 * another rank. Sizes may differ, and an unknown rank fits any. Empty = they fit.
 */
export function signatureDifferences(current: Signature, next: Signature): readonly string[] {
  return [
    ...valueDifferences('input', current.inputs, next.inputs),
    ...valueDifferences('output', current.outputs, next.outputs),
  ];
}

function valueDifferences(kind: string, current: readonly TensorInfo[], next: readonly TensorInfo[]): string[] {
  const before = new Map(current.map((info) => [info.name, info]));
  const after = new Map(next.map((info) => [info.name, info]));
  const differences: string[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    if (!now) differences.push(`${kind} ${quoted(name)} is gone`);
    else if (now.type !== old.type) differences.push(`${kind} ${quoted(name)}: ${old.type} became ${now.type}`);
    else if (old.shape && now.shape && old.shape.length !== now.shape.length) {
      differences.push(`${kind} ${quoted(name)}: ${rank(old.shape.length)} became ${rank(now.shape.length)}`);
    }
  }
  for (const name of after.keys()) if (!before.has(name)) differences.push(`${kind} ${quoted(name)} is new`);
  return differences;
}

function rank(dimensionCount: number): string {
  return `rank ${dimensionCount}`;
}
