import { createContext } from 'preact';
import { fetchOwnEdge, type OwnEdge } from '../edges/edge-client';
import { nothing, type Resource, useEdgeChanges, usePolling, useResource } from '../live';

const STATE_INTERVAL_MS = 5_000;

/** What this Node-RED is to its hub, for all that show it; undefined where it is no edge, or not known yet. */
export const OwnEdgeSource = createContext<Resource<OwnEdge | undefined> | undefined>(undefined);

/** Loads it, on an edge, and follows it. */
export function useOwnEdge(isEdge: boolean): Resource<OwnEdge | undefined> {
  const own = useResource(
    (signal): Promise<OwnEdge | undefined> => (isEdge ? fetchOwnEdge(signal) : Promise.resolve(undefined)),
    [String(isEdge)],
  );
  useEdgeChanges(isEdge ? own.reload : nothing);
  usePolling(isEdge ? own.poll : nothing, STATE_INTERVAL_MS);
  return own;
}
