import { isFinal } from '../../../training/run/run-states';
import { type DesiredRun, type ReportedRun, sameFence } from '../../protocol/run-documents';
import { type ToldError, toldError } from '../../protocol/told-error';
import { reportedProgress } from '../report';
import { type EdgeRun, fenceKey } from './edge-run-document';
import type { EdgeRunSituation } from './plan-edge-runs';

/** Of a report that has to tell of models too. */
const MAX_PACKAGE_BYTES = 8_192;

/**
 * What an edge says of its runs: all that are wanted, and none that are not. One that is over is told as over only when
 * everything that it leaves may be fetched.
 * @param progress - 0..1 by run, of the download of its files
 */
export function reportEdgeRuns(
  { desired, runs, spent }: EdgeRunSituation,
  progress: ReadonlyMap<string, number>,
): readonly ReportedRun[] {
  if (desired === null) return runs.map((run) => reportRun(run, progress.get(run._id)));
  return desired.map((wanted) => {
    const own = runs.find(({ _id, fence }) => _id === wanted.run && sameFence(fence, wanted.fence));
    return own ? reportRun(own, progress.get(own._id)) : reportUnbegun(wanted, spent);
  });
}

function reportUnbegun({ run, fence, cancel }: DesiredRun, spent: ReadonlySet<string>): ReportedRun {
  if (spent.has(fenceKey(run, fence))) return { run, fence, state: 'lost', error: nothingLeft };
  return { run, fence, state: cancel ? 'cancelled' : 'queued' };
}

function reportRun({ _id: run, fence, run: own, end, outputs }: EdgeRun, progress: number | undefined): ReportedRun {
  const common = { run, fence };
  if (end) return { ...common, state: end.state, ...(end.error ? { error: toldError(end.error) } : {}) };
  if (!own) {
    const shown = progress === undefined ? {} : { progress: reportedProgress(progress) };
    return { ...common, state: 'queued', ...shown };
  }
  const isTold = !isFinal(own.state) || own.settled;
  const { queries, environment, oomKilled, error } = own;
  return {
    ...common,
    state: isTold ? own.state : 'collecting',
    ...(own.state !== 'preparing' ? { queries: [...queries] } : {}),
    ...(environment ? { environment: { ...environment, packages: firstPackages(environment.packages) } } : {}),
    ...(oomKilled ? { oomKilled: true } : {}),
    ...(isTold && error ? { error: toldError(error) } : {}),
    ...(isTold && isFinal(own.state) ? { outputs: [...outputs] } : {}),
  };
}

function firstPackages(packages: readonly string[]): readonly string[] {
  let bytes = 0;
  return packages.filter((name) => {
    bytes += Buffer.byteLength(name) + 3;
    return bytes <= MAX_PACKAGE_BYTES;
  });
}

const nothingLeft: ToldError = {
  code: 'RUN_LOST',
  message: 'The run was carried out on the edge before, and nothing of it is left there.',
  hint: 'Start the job again: the hub was perhaps restored from a backup that is older than the end of the run.',
};
