import type { JoinConfig } from '../../../../lib/pipeline/join-config';
import { joinDefaults } from '../../../../lib/pipeline/join-defaults';
import { type Fault, faultIf, isCount } from '../dialog/fault';
import { completeConfig } from '../dialog/stored-config';
import { policies, type StoredJoin, type StoredParent } from './parent-list';

/** The parents and the join of a node, complete for showing: a flow may leave out anything, or hold anything at all. */
export function readJoin(node: Readonly<Record<string, unknown>>): StoredJoin {
  const { parentIds, join } = completeConfig<{ readonly parentIds: readonly unknown[]; readonly join: object }>(node, {
    parentIds: [],
    join: {},
  });
  const complete = completeConfig<JoinConfig>({ ...join }, joinDefaults);
  return { parentIds: parentIds.map(String), join: { ...complete, parents: complete.parents.map(readParent) } };
}

function readParent(stored: unknown): StoredParent {
  const { policy, key, initial }: Readonly<Record<string, unknown>> = Object(stored);
  return {
    policy: policies.find((one) => one === policy) ?? 'each',
    ...(typeof key === 'string' ? { key } : {}),
    ...(initial === undefined ? {} : { initial }),
  };
}

/** What is wrong with a join whatever the node is wired to; a key of the node's own catalogue. */
export function findJoinFault({ join }: StoredJoin): Fault | undefined {
  const counts = [join.timeoutMs, join.optionalWaitMs, join.maxWaiting];
  return (
    faultIf(join.key === 'property' && join.property.trim() === '', 'noProperty') ??
    faultIf(!counts.every((count) => isCount(count, 0)), 'badCount')
  );
}
