import type { Signature } from '../registry/signature';
import { isRecord, ownValue } from './codec/refusal';

/** The result of one of several parents. */
export interface NamedResult {
  readonly key: string;
  /** '' = none. */
  readonly name: string;
  readonly value: unknown;
}

/**
 * Which input takes which result: the one whose key is the input's name, else the one of that name, else what an object
 * among the results holds under that name.
 *
 * @returns undefined when no input is named by any of them, so that the results by key are a value of their own (a row
 * of features, say); else the values found, which need not be all
 */
export function inputsByName(
  { inputs }: Signature,
  results: readonly NamedResult[],
): ReadonlyMap<string, unknown> | undefined {
  const values = new Map<string, unknown>();
  for (const { name } of inputs) {
    const named = results.find(({ key }) => key === name) ?? results.find((result) => result.name === name);
    if (named) {
      const { value } = named;
      // A result that is itself {inputName: …} says which part of it is meant.
      values.set(name, isRecord(value) && Object.hasOwn(value, name) ? ownValue(value, name) : value);
      continue;
    }
    const holder = results.map(({ value }) => value).find((value) => isRecord(value) && Object.hasOwn(value, name));
    if (isRecord(holder)) values.set(name, ownValue(holder, name));
  }
  return values.size > 0 ? values : undefined;
}
