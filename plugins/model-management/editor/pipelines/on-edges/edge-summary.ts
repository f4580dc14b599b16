import type { EdgePipelineView, PipelineEdgeView, ReportedPipelineView } from './on-edges-client';

/** How a pipeline stands on an edge, the worst first. */
export type OnEdgeLook = 'failed' | 'changed' | 'working' | 'settled';

export function onEdgeLook({ state, changed, status }: ReportedPipelineView): OnEdgeLook {
  if (state === 'failed' || status?.state === 'failed' || status?.state === 'failed_initializing') return 'failed';
  if (changed) return 'changed';
  return state === 'deployed' ? 'settled' : 'working';
}

export interface EdgeSummary {
  readonly count: number;
  readonly failed: number;
  readonly changed: number;
  readonly working: number;
}

/** Of the edges of a pipeline, how many there are and how many ask for somebody. */
export function summaryOf(edges: readonly Pick<PipelineEdgeView, 'reported'>[]): EdgeSummary {
  const looks = edges.map(({ reported }) => onEdgeLook(reported));
  const count = (look: OnEdgeLook): number => looks.filter((one) => one === look).length;
  return { count: edges.length, failed: count('failed'), changed: count('changed'), working: count('working') };
}

/** What is wanted and not done yet; undefined: it stands as it shall, or that is not known. */
export function pendingRun({
  running,
  reported: { status },
}: Pick<EdgePipelineView, 'running' | 'reported'>): 'start' | 'stop' | undefined {
  if (!status) return undefined;
  const isIdle = status.state === 'idle';
  if (running && isIdle) return 'start';
  return running || isIdle ? undefined : 'stop';
}
