import { byName, holdsWords } from '../list/search';
import type { PipelineOnEdges } from './pipeline-client';

export type Order = 'name' | 'last';

/** The pipelines that hold every word of the search, in the order asked for. */
export function arrange(all: readonly PipelineOnEdges[], search: string, order: Order): readonly PipelineOnEdges[] {
  const found = all.filter(({ name, inbound, outbound, models, libraries, edges }) => {
    const text = [...inbound, ...outbound, ...models, ...libraries, ...edges.map((edge) => edge.name)].join(' ');
    return holdsWords({ name, description: text }, search);
  });
  if (order === 'name') return found.toSorted(byName);
  return found.toSorted((a, b) => (b.lastRunAt ?? '').localeCompare(a.lastRunAt ?? '') || byName(a, b));
}
