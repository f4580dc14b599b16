import type { PipelineOnEdges } from '../../../../lib/edges/hub/pipelines/pipeline-views';
import type { Drawing } from '../../../../lib/pipeline/pipelines/drawing';
import type { SavedTest } from '../../../../lib/pipeline/pipelines/pipeline-documents';
import type {
  PipelineNodeView,
  PipelineResultView,
  PipelineRunView,
  PipelineStart,
  PipelineView,
} from '../../../../lib/pipeline/pipelines/views';
import { path, request, requestAll } from '../api';
import type { PipelineRequest } from '../registry-client';

export type { PipelineOnEdges } from '../../../../lib/edges/hub/pipelines/pipeline-views';
export type { SavedTest } from '../../../../lib/pipeline/pipelines/pipeline-documents';
export type { PipelineProblem } from '../../../../lib/pipeline/pipelines/problems';
export type {
  PipelineNodeView,
  PipelineResultView,
  PipelineRunView,
  PipelineStart,
  PipelineState,
  PipelineStepView,
  PipelineView,
} from '../../../../lib/pipeline/pipelines/views';

export const fetchPipelines = (signal?: AbortSignal): Promise<readonly PipelineOnEdges[]> =>
  requestAll('pipelines', {}, signal);

/** A pipeline on this Node-RED, or as it is on an edge: that is then asked. */
export interface PipelinePlace {
  readonly id: string;
  readonly edge?: string;
}

const at = ({ id, edge }: PipelinePlace): string =>
  edge === undefined ? path`pipelines/${id}` : path`pipelines/${id}/edges/${edge}`;

/** With its drawing, and the nodes that begin runs. */
export type PipelineDetails = PipelineOnEdges & Drawing & { readonly starts: readonly PipelineStart[] };

export const fetchPipeline = (place: PipelinePlace, signal: AbortSignal): Promise<PipelineDetails> =>
  request(at(place), { signal });

/** Newest first. */
export const fetchPipelineRuns = (place: PipelinePlace, signal: AbortSignal): Promise<readonly PipelineRunView[]> =>
  requestAll(`${at(place)}/runs`, {}, signal);

export const fetchPipelineRun = (place: PipelinePlace, runId: string, signal: AbortSignal): Promise<PipelineRunView> =>
  request(at(place) + path`/runs/${runId}`, { signal });

/** Newest first. */
export const fetchResults = (place: PipelinePlace, signal: AbortSignal): Promise<readonly PipelineResultView[]> =>
  requestAll(`${at(place)}/results`, {}, signal);

/** Times and payloads of its nodes; they are taken for as long as somebody asks. */
export const fetchNodes = (place: PipelinePlace, signal: AbortSignal): Promise<readonly PipelineNodeView[]> =>
  requestAll(`${at(place)}/nodes`, {}, signal);

export const fetchTests = (id: string, signal: AbortSignal): Promise<readonly SavedTest[]> =>
  requestAll(path`pipelines/${id}/tests`, { sort: 'name' }, signal);

export const keepTest = (id: string, { name, ...body }: SavedTest, signal: AbortSignal): Promise<SavedTest> =>
  request(path`pipelines/${id}/tests/${name}`, { method: 'PUT', body, signal });

export const deleteTest = (id: string, name: string, signal: AbortSignal): Promise<void> =>
  request(path`pipelines/${id}/tests/${name}`, { method: 'DELETE', signal });

/** A flow to import. */
export interface NewFlow {
  readonly flow: readonly { readonly id: string; readonly type: string }[];
}

export interface NewPipelineRequest extends PipelineRequest {
  readonly name: string;
  /** What answers; neither: what comes is passed on. */
  readonly model?: string;
  readonly library?: string;
}

export const newPipelineFlow = (body: NewPipelineRequest, signal: AbortSignal): Promise<NewFlow> =>
  request('pipelines/flow', { method: 'POST', body, signal });

export const duplicatePipeline = (
  id: string,
  body: { readonly name: string; readonly topics: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<NewFlow> => request(path`pipelines/${id}/duplicate`, { method: 'POST', body, signal });

/** @returns what was deleted, to be imported again */
export const deletePipeline = (id: string, signal: AbortSignal): Promise<NewFlow & Deployed> =>
  request(path`pipelines/${id}`, { method: 'DELETE', signal });

/** What the server says of a deploy that it made. */
export interface Deployed {
  readonly revision?: string;
  readonly previousRevision?: string;
  readonly warning?: string;
}

export type PipelineAction = 'start' | 'stop' | 'restart';

export const actOn = (id: string, action: PipelineAction, signal: AbortSignal): Promise<PipelineView & Deployed> =>
  request(path`pipelines/${id}/` + action, { method: 'POST', body: {}, signal });

export interface TestRequest {
  readonly payload: unknown;
  /** Runtime id of the node that it comes to. */
  readonly nodeId?: string;
  readonly dryRun: boolean;
  /** Nodes with effects may be met. */
  readonly confirm: boolean;
}

export const testPipeline = (
  place: PipelinePlace,
  body: TestRequest,
  signal: AbortSignal,
): Promise<{ readonly runId: string }> => request(`${at(place)}/test`, { method: 'POST', body, signal });
