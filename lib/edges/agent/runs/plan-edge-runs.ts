import { isFinal } from '../../../training/run/run-states';
import { type DesiredRun, sameFence } from '../../protocol/run-documents';
import { type EdgeRun, fenceKey, isOver } from './edge-run-document';

export type EdgeRunAction =
  /** Written down, which is all: it goes on from there. */
  | { readonly kind: 'begin'; readonly desired: DesiredRun }
  /** Is under way, or should be. */
  | { readonly kind: 'go'; readonly id: string }
  | { readonly kind: 'cancel'; readonly id: string }
  /** Wanted no more, or under another fence: it ends, and nothing of it stays. */
  | { readonly kind: 'drop'; readonly id: string };

export interface EdgeRunSituation {
  /** Null = nobody has said yet what is wanted: what is under way goes on. */
  readonly desired: readonly DesiredRun[] | null;
  readonly runs: readonly EdgeRun[];
  readonly spent: ReadonlySet<string>;
}

/** What to do now for the runs of an edge. Pure; done again after a crash it leads to the same end. */
export function planEdgeRuns({ desired, runs, spent }: EdgeRunSituation): readonly EdgeRunAction[] {
  const actions: EdgeRunAction[] = [];
  for (const run of runs) {
    const { _id: id } = run;
    const wanted = desired === null || desired.find((one) => one.run === id && sameFence(one.fence, run.fence));
    if (!wanted) {
      actions.push({ kind: 'drop', id });
      continue;
    }
    if (isOver(run)) continue;
    if (wanted !== true && wanted.cancel && !isCancelled(run)) actions.push({ kind: 'cancel', id });
    else actions.push({ kind: 'go', id });
  }
  const next = desired?.find((one) => isNew(one, runs, spent));
  // One at a time, also while another is on its way out.
  if (next && runs.every(isOver) && runs.every(({ _id }) => _id !== next.run)) {
    actions.push({ kind: 'begin', desired: next });
  }
  return actions;
}

function isCancelled({ run }: EdgeRun): boolean {
  return run !== null && (run.stop !== null || isFinal(run.state));
}

/** Never begun here under this fence, and not to be cancelled. */
function isNew({ run, fence, cancel }: DesiredRun, runs: readonly EdgeRun[], spent: ReadonlySet<string>): boolean {
  const isKnown = runs.some(({ _id, fence: own }) => _id === run && sameFence(own, fence));
  return !isKnown && !cancel && !spent.has(fenceKey(run, fence));
}
