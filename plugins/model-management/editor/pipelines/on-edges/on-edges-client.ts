import type { PipelineEdgeView, PipelineRevisionView } from '../../../../../lib/edges/hub/pipelines/pipeline-views';
import { path, request, requestAll } from '../../api';
import type { PipelineEdgeChoice } from './edge-choices';

export type {
  EdgePipelineView,
  PipelineEdgeView,
  ReportedPipelineView,
} from '../../../../../lib/edges/hub/pipelines/pipeline-views';

/** Also of one whose tab is gone here. */
export const fetchPipelineEdges = (id: string, signal: AbortSignal): Promise<readonly PipelineEdgeView[]> =>
  requestAll(path`pipelines/${id}/edges`, { sort: 'name' }, signal);

/** Newest first. */
export const fetchRevisions = (id: string, signal: AbortSignal): Promise<readonly PipelineRevisionView[]> =>
  requestAll(path`pipelines/${id}/revisions`, {}, signal);

/** The whole list of edges that run it; `change` gets it as it is at that moment. */
export async function changeEdges(
  id: string,
  change: (now: readonly PipelineEdgeView[]) => readonly PipelineEdgeChoice[],
  signal: AbortSignal,
): Promise<void> {
  const edges = change(await fetchPipelineEdges(id, signal));
  await request(path`pipelines/${id}/edges`, { method: 'PUT', body: { edges }, signal });
}

export type EdgeAction = 'start' | 'stop' | 'restart' | 'restore';

export const actOnEdge = (id: string, edge: string, action: EdgeAction, signal: AbortSignal): Promise<unknown> =>
  request(path`pipelines/${id}/edges/${edge}/` + action, { method: 'POST', body: {}, signal });
