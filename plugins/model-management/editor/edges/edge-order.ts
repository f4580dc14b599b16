import { LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import { byName, holdsWords } from '../list/search';
import type { EdgeView } from './edge-client';
import { type EdgeLook, lookOf } from './edge-look';

export type Order = 'name' | 'state';

/** What asks for somebody first. */
const GRAVITY: Record<EdgeLook, number> = {
  conflict: 0,
  failing: 1,
  failingPipeline: 1,
  revoked: 2,
  offline: 3,
  pending: 4,
  working: 5,
  online: 6,
};

/** The edges whose name, labels, models, pipelines or words of their state hold every word of the search, in order; `local` stays first. */
export function arrange(
  edges: readonly EdgeView[],
  search: string,
  order: Order,
  wordOf: (look: EdgeLook) => string,
): readonly EdgeView[] {
  const rank = (edge: EdgeView): number => (order === 'state' ? GRAVITY[lookOf(edge)] : 0);
  const isOther = ({ name }: EdgeView): number => (name === LOCAL_EDGE ? 0 : 1);
  return edges
    .filter((edge) => {
      const { name, labels, models, pipelines } = edge;
      const text = [...labels, ...[...models, ...pipelines].map((one) => one.name), wordOf(lookOf(edge))].join(' ');
      return holdsWords({ name, description: text }, search);
    })
    .sort((a, b) => isOther(a) - isOther(b) || rank(a) - rank(b) || byName(a, b));
}
