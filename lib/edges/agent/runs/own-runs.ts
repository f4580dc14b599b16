import { toIso } from '../../../clock';
import { isFinal } from '../../../training/run/run-states';
import type { ReportedRun } from '../../protocol/run-documents';
import type { EdgeRunSituation } from './plan-edge-runs';
import { reportEdgeRuns } from './report-edge-runs';

/** A run of the hub that is under way on this edge, or waits here. */
export interface OwnRun extends Pick<ReportedRun, 'state' | 'progress'> {
  readonly id: string;
  readonly job: string;
  /** Of the state it is in; null = it waits, or its files come. */
  readonly since: string | null;
}

/** Those that are not over, in the order in which they are carried out. @param progress - as of `reportEdgeRuns` */
export function ownRuns(situation: EdgeRunSituation, progress: ReadonlyMap<string, number>): readonly OwnRun[] {
  const { desired, runs } = situation;
  return reportEdgeRuns(situation, progress).flatMap(({ run: id, state, progress: ratio }) => {
    if (isFinal(state)) return [];
    const own = runs.find(({ _id }) => _id === id);
    const job = own?.job ?? desired?.find(({ run }) => run === id)?.job ?? id;
    const since = own?.run?.phases.at(-1)?.startedAt;
    return [
      {
        id,
        job,
        state,
        since: since === undefined ? null : toIso(since),
        ...(ratio !== undefined && { progress: ratio }),
      },
    ];
  });
}
