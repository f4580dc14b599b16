import { edgeKey, LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import type { Model } from '../contract';
import { type EdgeView, fetchEdges } from '../edges/edge-client';
import { useEdgeChanges, useKept, useResource } from '../live';

/**
 * All edges but this Node-RED itself; loaded anew when one changes that runs the model, or that was not there yet.
 * @param isChoosing - somebody chooses among all of them: then each counts
 */
export function useOtherEdges(model: Pick<Model, 'edges'> | undefined, isChoosing: boolean): readonly EdgeView[] {
  const { data, reload } = useResource(fetchEdges, [String(isChoosing)]);
  // Choosing begins with those that are shown; what changed among the others comes at once.
  const edges = useKept(data) ?? [];
  useEdgeChanges(reload, (changed) => {
    const isThis = ({ name }: { readonly name: string }): boolean => edgeKey(name) === edgeKey(changed);
    return isChoosing || (model?.edges.some(isThis) ?? false) || !edges.some(isThis);
  });
  return edges.filter(({ name }) => name !== LOCAL_EDGE);
}
