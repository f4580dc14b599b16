import type { PipelineEdgeView, PipelineRevisionView } from '../../../../../lib/edges/hub/pipelines/pipeline-views';
import { path, request, requestAll } from '../../api';

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

/** An edge that shall run it, with the broker it has; without `revision`, as it is now on this Node-RED. */
export interface PipelineEdgeChoice {
  readonly name: string;
  readonly brokerId?: string;
  readonly revision?: number;
}

/** What is said of some edges; others stay as they are, whoever changes them meanwhile. */
export const changeEdges = (
  id: string,
  body: { readonly edges: readonly PipelineEdgeChoice[] } | { readonly remove: readonly string[] },
  signal: AbortSignal,
): Promise<unknown> => request(path`pipelines/${id}/edges`, { method: 'PATCH', body, signal });

export type EdgeAction = 'start' | 'stop' | 'restart' | 'restore';

export const actOnEdge = (id: string, edge: string, action: EdgeAction, signal: AbortSignal): Promise<unknown> =>
  request(path`pipelines/${id}/edges/${edge}/` + action, { method: 'POST', body: {}, signal });
