import { isSameEdge, LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import { useEdgeChanges, useKept, useResource } from '../live';
import { type EdgeView, fetchEdges } from './edge-client';

/**
 * All edges but this Node-RED itself; loaded anew when one changes that runs the model or pipeline, or that was not there yet.
 * @param isChoosing - somebody chooses among all of them: then each counts
 */
export function useOtherEdges(
  shown: { readonly edges: readonly { readonly name: string }[] } | undefined,
  isChoosing: boolean,
): readonly EdgeView[] {
  const { data, reload } = useResource(fetchEdges, [String(isChoosing)]);
  // Choosing begins with those that are shown; what changed among the others comes at once.
  const edges = useKept(data) ?? [];
  useEdgeChanges(reload, (changed) => {
    const isThis = ({ name }: { readonly name: string }): boolean => isSameEdge(name, changed);
    return isChoosing || (shown?.edges.some(isThis) ?? false) || !edges.some(isThis);
  });
  return edges.filter(({ name }) => name !== LOCAL_EDGE);
}
