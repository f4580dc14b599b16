import type { Parent, ParentCycle } from '../flow-graph';
import type { JoinConfig, ParentPolicy } from '../join-config';

/** A parent as the node sees it. */
export interface PlannedParent extends Parent {
  readonly policy: ParentPolicy;
  /** What its result is called in the joined object. */
  readonly key: string;
  /** In words: its name, else its type. */
  readonly label: string;
  /** Set for `latest` with an initial value, which may be undefined in no flow file. */
  readonly initial?: unknown;
}

/** Why parents cannot be joined, in words. */
export interface JoinFault {
  readonly kind: 'cycle' | 'no-each' | 'same-key';
  readonly message: string;
  readonly hint: string;
}

export interface JoinPlan {
  /** In the node's list order: as stored, then those that are not stored. */
  readonly parents: readonly PlannedParent[];
  /** Those that take part in rounds; fewer than two: every message runs the node by itself. */
  readonly joined: readonly PlannedParent[];
  readonly fault?: JoinFault;
}

/** Nodes that start something of their own instead of carrying on a run. */
const STARTERS: ReadonlySet<string> = new Set(['inject', 'catch', 'status', 'complete']);

/** The policy of a parent for which none is stored. */
export function defaultPolicy(type: string): ParentPolicy {
  return STARTERS.has(type) ? 'alone' : 'each';
}

/**
 * Who is joined with whom, from what is wired and what is stored. Stored parents that are no longer wired are passed
 * over, wired ones that are not stored take the default policy.
 *
 * @param parentIds - `join.parents` is parallel to it
 */
export function planJoin(
  wired: readonly Parent[],
  cycles: readonly ParentCycle[],
  parentIds: readonly string[],
  join: Pick<JoinConfig, 'mode' | 'parents' | 'parentKeys'>,
): JoinPlan {
  const order = (id: string): number => (parentIds.includes(id) ? parentIds.indexOf(id) : parentIds.length);
  const parents = wired
    .map((parent) => planParent(parent, join, join.parents[parentIds.indexOf(parent.id)]))
    .sort((a, b) => order(a.id) - order(b.id));
  const taking = join.mode === 'any' ? [] : parents.filter(({ policy }) => policy !== 'alone');
  const isLoneEach = taking.length === 1 && taking[0]?.policy === 'each';
  const joined = isLoneEach ? [] : taking;
  const fault = joined.length === 0 ? undefined : findFault(joined, cycles);
  return { parents, joined, ...(fault ? { fault } : {}) };
}

function planParent(
  parent: Parent,
  { parentKeys }: Pick<JoinConfig, 'parentKeys'>,
  stored: JoinConfig['parents'][number] | undefined,
): PlannedParent {
  const policy = stored?.policy ?? defaultPolicy(parent.type);
  return {
    ...parent,
    policy,
    key: stored?.key || (parentKeys === 'name' ? parent.name || parent.id : parent.id),
    label: parent.name || parent.type,
    ...(policy === 'latest' && stored?.initial !== undefined ? { initial: stored.initial } : {}),
  };
}

function findFault(joined: readonly PlannedParent[], cycles: readonly ParentCycle[]): JoinFault | undefined {
  for (const { parentId, path } of cycles) {
    const parent = joined.find(({ id }) => id === parentId);
    if (!parent || 'initial' in parent) continue;
    const message = `The join waits for a result that only it can bring about: ${path.map((label) => `"${label}"`).join(' → ')}.`;
    const hint = `Give "${parent.label}" the policy "latest" with an initial value if its result is a state that is fed back, or take the wire away.`;
    return { kind: 'cycle', message, hint };
  }
  if (!joined.some(({ policy }) => policy === 'each')) {
    const message = `No parent starts a round: ${joined.map(({ label, policy }) => `"${label}" is ${policy}`).join(', ')}.`;
    return { kind: 'no-each', message, hint: 'Give at least one parent the policy "each".' };
  }
  const byKey = new Map<string, PlannedParent>();
  for (const parent of joined) {
    const other = byKey.get(parent.key);
    byKey.set(parent.key, parent);
    if (!other) continue;
    const message = `The results of "${other.label}" and of another parent would both be called "${parent.key}".`;
    return { kind: 'same-key', message, hint: 'Rename one of the two nodes, or give one of them a key in the dialog.' };
  }
  return undefined;
}
