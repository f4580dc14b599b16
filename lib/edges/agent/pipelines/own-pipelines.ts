import type { PipelineStatus, ReportedPipeline } from '../../protocol/pipeline-documents';
import type { PipelineState } from './pipeline-state';
import { type PipelineSituation, reportPipeline } from './plan-pipelines';

/** A pipeline that the hub wants on this edge, or that stands here still; as `Edge.pipelines` has it on the hub. */
export interface OwnPipeline {
  readonly id: string;
  readonly name: string;
  /** The revision that is wanted; null = the hub wants it no more, or it is not known what it wants. */
  readonly desired: number | null;
  readonly running: boolean;
  readonly reported: Omit<ReportedPipeline, 'id' | 'retryAt'>;
}

/** By name. @param statusOf - how one does that stands in the flows */
export function ownPipelines(
  situation: PipelineSituation,
  statusOf: (id: string) => PipelineStatus | undefined,
): readonly OwnPipeline[] {
  const { desired, states } = situation;
  const wanted = (desired?.pipelines ?? []).map((target): OwnPipeline => {
    const { id: _id, retryAt: _retryAt, ...reported } = reportPipeline(target, situation);
    const { id, name, revision, running } = target;
    return { id, name, desired: revision, running, reported };
  });
  const others = [...states.values()]
    .filter(({ _id }) => !wanted.some(({ id }) => id === _id))
    .flatMap((state) => ownStanding(state, desired !== null));
  return [...wanted, ...others]
    .map((one) => {
      const status = one.reported.revision === null ? undefined : statusOf(one.id);
      return { ...one, reported: { ...one.reported, ...(status && { status }) } };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param isToGo - the hub has said what it wants, and it is not that */
function ownStanding({ _id: id, applied, failure }: PipelineState, isToGo: boolean): readonly OwnPipeline[] {
  if (!applied) return [];
  const { name, revision, running } = applied;
  const error = isToGo && failure ? { code: failure.code, message: failure.message } : undefined;
  const state = error ? 'failed' : isToGo ? 'pending' : 'deployed';
  return [{ id, name, desired: null, running, reported: { revision, state, ...(error && { error }) } }];
}
