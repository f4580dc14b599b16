import { ModelManagementError } from '../errors';
import type { TrainingDeps } from './dependencies';
import type { JobDocument } from './job';
import type { Jobs } from './jobs';
import type { RunDocument } from './run/run-document';
import type { Runs } from './runs';

/** Failures of the machine and not of the scripts: another try may do. */
const INFRASTRUCTURE = new Set([
  'RUNNER_UNAVAILABLE',
  'IMAGE_UNAVAILABLE',
  'RUN_LOST',
  'SOURCE_UNAVAILABLE',
  'COLLECTIONS_UNAVAILABLE',
  'STORAGE_FULL',
  'STORAGE_FAILED',
]);

type EndDeps = Pick<TrainingDeps, 'clock' | 'log'> & { readonly jobs: Jobs; readonly runs: Runs };

/**
 * What comes of the end of a run: failures are counted, and it is tried again where that may help. Asked for once, and
 * again only when the process ended meanwhile; the same comes of it then.
 */
export async function settleEnd(run: RunDocument, { jobs, runs, clock, log }: EndDeps): Promise<void> {
  const job = await jobs.note(run.job, (before) => counted(before, run));
  if (!job || job.id !== run.jobId || job.fields.paused || !mayHelp(run)) return;
  const { max, backoffMs } = run.fields.retries;
  const attempt = run.attempt + 1;
  const isTried = runs
    .list(run.jobId)
    .some((other) => other.trigger === 'retry' && other.number > run.number && other.attempt === attempt);
  if (attempt > max || isTried) return;
  const notBefore = clock.now() + backoffMs * 2 ** run.attempt;
  try {
    await runs.start(job, { trigger: 'retry', user: run.user, node: run.node ?? undefined, again: run, notBefore });
  } catch (error) {
    // Another run is under way, which is as good; and without its job it is not wanted any more.
    if (!ModelManagementError.is(error) || !['RUN_ACTIVE', 'JOB_NOT_FOUND'].includes(error.code)) throw error;
    log.info('run not tried again', { run: run._id, error });
  }
}

const mayHelp = ({ state, error }: RunDocument): boolean =>
  (state === 'failed' || state === 'lost') && INFRASTRUCTURE.has(error?.code ?? '');

function counted(job: JobDocument, run: RunDocument): JobDocument {
  const hasFailed = ['failed', 'timed_out', 'lost'].includes(run.state);
  // One that waits behind another may be cancelled before that ends: only what counts moves the mark.
  const isCounted = hasFailed || run.state === 'succeeded';
  if (!isCounted || job.id !== run.jobId || job.endedRun >= run.number) return job;
  const now = { ...job, endedRun: run.number };
  const failuresInRow = hasFailed ? now.failuresInRow + 1 : 0;
  const limit = now.fields.pauseAfterFailures;
  if (limit === 0 || failuresInRow < limit || now.fields.paused) return { ...now, failuresInRow };
  const pauseReason = `${failuresInRow} runs in a row failed.`;
  return { ...now, failuresInRow, fields: { ...now.fields, paused: true }, pauseReason };
}
