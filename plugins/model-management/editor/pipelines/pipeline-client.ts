import type { Drawing } from '../../../../lib/pipeline/pipelines/drawing';
import type { PipelineResultView, PipelineRunView, PipelineView } from '../../../../lib/pipeline/pipelines/views';
import { path, request, requestAll } from '../api';

export type {
  PipelineResultView,
  PipelineRunView,
  PipelineState,
  PipelineStepView,
  PipelineView,
} from '../../../../lib/pipeline/pipelines/views';

export const fetchPipelines = (signal?: AbortSignal): Promise<readonly PipelineView[]> =>
  requestAll('pipelines', {}, signal);

export const fetchPipeline = (id: string, signal: AbortSignal): Promise<PipelineView & Drawing> =>
  request(path`pipelines/${id}`, { signal });

/** Newest first. */
export const fetchPipelineRuns = (id: string, signal: AbortSignal): Promise<readonly PipelineRunView[]> =>
  requestAll(path`pipelines/${id}/runs`, {}, signal);

export const fetchPipelineRun = (id: string, runId: string, signal: AbortSignal): Promise<PipelineRunView> =>
  request(path`pipelines/${id}/runs/${runId}`, { signal });

/** Newest first. */
export const fetchResults = (id: string, signal: AbortSignal): Promise<readonly PipelineResultView[]> =>
  requestAll(path`pipelines/${id}/results`, {}, signal);

export type PipelineAction = 'start' | 'stop' | 'restart';

export const actOn = (
  id: string,
  action: PipelineAction,
  signal: AbortSignal,
): Promise<PipelineView & { readonly warning?: string }> =>
  request(path`pipelines/${id}/` + action, { method: 'POST', body: {}, signal });

export interface TestRequest {
  readonly payload: unknown;
  readonly dryRun: boolean;
  /** Nodes with effects may be met. */
  readonly confirm: boolean;
}

export const testPipeline = (id: string, body: TestRequest, signal: AbortSignal): Promise<{ readonly runId: string }> =>
  request(path`pipelines/${id}/test`, { method: 'POST', body, signal });
