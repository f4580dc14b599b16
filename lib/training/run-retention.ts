import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingDeps } from './dependencies';
import type { Jobs } from './jobs';
import type { RunDocument } from './run/run-document';
import { isFinal } from './run/run-states';

type RetentionDeps = Pick<TrainingDeps, 'documents' | 'runsPath' | 'clock' | 'retention'>;

/**
 * Removes runs that the retention gives up: never one under way, and never the last success of a line, which the next
 * run goes on from. The job keeps their numbers and the folder goes first, so that a crash leaves a document that is
 * found again, not a folder that nothing knows.
 *
 * @param runs - all of them, the newest first
 */
export async function applyRetention(
  runs: readonly RunDocument[],
  jobs: Jobs,
  { documents, runsPath, clock, retention }: RetentionDeps,
): Promise<void> {
  const { maxRunsPerJob, maxAgeMs } = retention;
  if (maxRunsPerJob === undefined && maxAgeMs === undefined) return;
  const counts = new Map<string, number>();
  const lines = new Set<string>();
  for (const run of runs) {
    const count = (counts.get(run.jobId) ?? 0) + 1;
    counts.set(run.jobId, count);
    const isNeeded = run.version !== null && isNew(lines, `${run.jobId} ${run.fields.baseModel.toLowerCase()}`);
    const isOld = maxAgeMs !== undefined && run.createdAt < clock.now() - maxAgeMs;
    const isExcess = maxRunsPerJob !== undefined && count > maxRunsPerJob;
    if (!(isOld || isExcess) || isNeeded || !isFinal(run.state) || !run.cleaned) continue;
    await jobs.note(run.job, (job) =>
      job.id === run.jobId && job.lastNumber < run.number ? { ...job, lastNumber: run.number } : job,
    );
    await rm(join(runsPath, run._id), { recursive: true, force: true, maxRetries: 3 });
    await documents.runs.delete(run._id);
  }
}

function isNew(known: Set<string>, key: string): boolean {
  const { size } = known;
  return known.add(key).size > size;
}
