import { useCallback, useEffect } from 'preact/hooks';
import { isSameEdge } from '../../../../lib/edges/protocol/names';
import { nothing, type Resource, useEdgeChanges, usePipelineChanges, usePolling, useResource } from '../live';
import {
  fetchNodes,
  fetchPipeline,
  fetchPipelineRuns,
  fetchResults,
  type PipelineDetails,
  type PipelineNodeView,
  type PipelinePlace,
  type PipelineResultView,
  type PipelineRunView,
} from './pipeline-client';

const FIGURES_MS = 2_000;
/** Over a broker, and perhaps a slow line; nodes are timed for longer than that after each question. */
const EDGE_FIGURES_MS = 5_000;

/** Calls `changed` when the pipeline of this place may have changed. */
export function usePlaceChanges({ edge }: PipelinePlace, changed: () => void): void {
  usePipelineChanges(edge === undefined ? changed : nothing);
  useEdgeChanges(edge === undefined ? nothing : changed, (name) => edge !== undefined && isSameEdge(name, edge));
}

export interface ShownPipeline {
  readonly pipeline: Resource<PipelineDetails>;
  readonly runs: Resource<readonly PipelineRunView[]>;
  readonly results: Resource<readonly PipelineResultView[]>;
  readonly figures: Resource<readonly PipelineNodeView[]>;
  readonly refresh: () => void;
}

/** A pipeline with all that is shown of it, kept up to date. */
export function usePipeline(place: PipelinePlace): ShownPipeline {
  const inputs = [place.id, place.edge ?? ''];
  const pipeline = useResource((signal) => fetchPipeline(place, signal), inputs);
  const runs = useResource((signal) => fetchPipelineRuns(place, signal), inputs);
  const results = useResource((signal) => fetchResults(place, signal), inputs);
  const refresh = useCallback(() => {
    pipeline.reload();
    runs.reload();
    results.reload();
  }, [pipeline.reload, runs.reload, results.reload]);
  usePlaceChanges(place, refresh);
  // To ask is what keeps the nodes timed.
  const figures = useResource((signal) => fetchNodes(place, signal), inputs);
  usePolling(figures.poll, place.edge === undefined ? FIGURES_MS : EDGE_FIGURES_MS);
  // An edge tells of its states every few seconds; what its nodes took says sooner that there is something new.
  const received = (figures.data ?? []).reduce((sum, node) => sum + node.received, 0);
  useEffect(() => {
    if (place.edge !== undefined && received > 0) refresh();
  }, [place.edge, received, refresh]);
  return { pipeline, runs, results, figures, refresh };
}
