import { defaultPolicy, type JoinPlan, type PlannedParent, planJoin } from '../../../../lib/pipeline/join/join-plan';
import type { JoinConfig, ParentPolicy } from '../../../../lib/pipeline/join-config';
import type { WiredNode } from './wired-node';

/** The stored properties of a node that joins. */
export interface StoredJoin {
  readonly parentIds: readonly string[];
  readonly join: JoinConfig;
}

/** An entry of the node's list of parents. */
export interface ListedParent {
  readonly id: string;
  /** undefined for a parent that is stored, but not wired any more: it takes no part. */
  readonly planned: PlannedParent | undefined;
}

export type StoredParent = JoinConfig['parents'][number];

/** A change of the list; `indexOf` tells where an entry went, for what refers to it by its place. */
export interface ListChange extends StoredJoin {
  readonly indexOf: (before: number) => number | undefined;
}

export const planOf = ({ parentIds, join }: StoredJoin, wired: WiredNode): JoinPlan =>
  planJoin(wired.parents, wired.cycles, parentIds, join);

/** In the node's order: as stored, then what is wired and not stored yet. Its places are what an input table refers to. */
export function listParents(stored: StoredJoin, wired: WiredNode): readonly ListedParent[] {
  const { parents } = planOf(stored, wired);
  const ids = [...new Set([...stored.parentIds, ...parents.map(({ id }) => id)])];
  return ids.map((id) => ({ id, planned: parents.find((parent) => parent.id === id) }));
}

/** The whole list as it is shown, to be stored: what was left out stands in it with its default. */
export function storeList({ parentIds, join }: StoredJoin, list: readonly ListedParent[]): ListChange {
  const entryOf = ({ id, planned }: ListedParent): StoredParent =>
    join.parents[parentIds.indexOf(id)] ?? { policy: planned?.policy ?? defaultPolicy('') };
  return {
    parentIds: list.map(({ id }) => id),
    join: { ...join, parents: list.map(entryOf) },
    indexOf: (before) => before,
  };
}

/** What `undefined` stands for is taken away. */
export type ParentChange = { readonly [K in keyof StoredParent]?: StoredParent[K] | undefined };

export function changeParent(
  stored: StoredJoin,
  list: readonly ListedParent[],
  id: string,
  change: ParentChange,
): ListChange {
  const whole = storeList(stored, list);
  const parents = whole.join.parents.map((parent, index): StoredParent => {
    if (whole.parentIds[index] !== id) return parent;
    const { policy, ...rest } = { ...parent, ...change };
    const kept = Object.entries(rest).filter(([, value]) => value !== undefined);
    return { policy: policy ?? parent.policy, ...Object.fromEntries(kept) };
  });
  return { ...whole, join: { ...whole.join, parents } };
}

/** @param ids - those of the list in another order, or some of them */
export function arrangeParents(stored: StoredJoin, list: readonly ListedParent[], ids: readonly string[]): ListChange {
  const arranged = ids.flatMap((id) => list.find((parent) => parent.id === id) ?? []);
  return {
    ...storeList(stored, arranged),
    indexOf: (before) => {
      const after = ids.indexOf(list[before]?.id ?? '');
      return after < 0 ? undefined : after;
    },
  };
}

export const policies = ['each', 'latest', 'next', 'optional', 'alone'] as const satisfies readonly ParentPolicy[];
