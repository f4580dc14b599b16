import { aliasVersion } from '../alias/alias-effect';
import type { Model } from '../contract';
import type { EdgeChoice } from '../edges/edge-client';

/** The alias that flows follow. */
export const DEPLOYED = 'deployed';

/** By edge, the version that it shall run; a number or an alias. */
export type Assignment = ReadonlyMap<string, number | string>;

export const assignmentOf = ({ edges }: Pick<Model, 'edges'>): Assignment =>
  new Map(edges.map(({ name, version }) => [name, version]));

export const choicesOf = (assignment: Assignment): readonly EdgeChoice[] =>
  [...assignment].map(([name, version]) => ({ name, version }));

/** What an edge may be told to run: aliases, `deployed` first, then numbers, newest first. */
export function refsOf({ aliases, versions }: Pick<Model, 'aliases' | 'versions'>): readonly (number | string)[] {
  const names = Object.keys(aliases).filter((alias) => alias !== DEPLOYED);
  const deployed = aliasVersion({ aliases }, DEPLOYED) === undefined ? [] : [DEPLOYED];
  return [...deployed, ...names.sort(), ...versions.map(({ version }) => version)];
}

/** As a `select` holds it, and back. */
export const refKey = (ref: number | string): string => String(ref);
export const refOfKey = (key: string): number | string => (/^\d+$/.test(key) ? Number(key) : key);

export interface AssignmentChanges {
  /** Edges that get it, or another version of it than before, by that version. */
  readonly given: readonly { readonly ref: number | string; readonly edges: readonly string[] }[];
  readonly removed: readonly string[];
}

export function changesOf(before: Assignment, after: Assignment): AssignmentChanges {
  const changed = [...after].filter(([name, ref]) => before.get(name) !== ref);
  return {
    given: [...new Set(changed.map(([, ref]) => ref))].map((ref) => ({
      ref,
      edges: changed.filter(([, other]) => other === ref).map(([name]) => name),
    })),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}
