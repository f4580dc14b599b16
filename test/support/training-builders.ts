import { JobFields } from '../../lib/training/job';
import type { RunDocument } from '../../lib/training/run/run-document';

/** A job's fields; what is given wins. */
export const someFields = (given: Readonly<Record<string, unknown>> = {}): JobFields =>
  JobFields.parse({ baseModel: 'iris', ...given });

/** A run that waits; what is given wins. */
export function someRun(given: Partial<RunDocument> = {}): RunDocument {
  return {
    _id: 'run-1',
    jobId: 'job-1',
    job: 'iris_job',
    number: 1,
    state: 'queued',
    trigger: 'manual',
    user: null,
    node: null,
    edge: 'local',
    createdAt: 1_000,
    startedAt: null,
    finishedAt: null,
    deadlineAt: null,
    notBefore: 0,
    dueAt: null,
    attempt: 0,
    phases: [{ name: 'queued', startedAt: 1_000, finishedAt: null }],
    fields: someFields(),
    files: { requirements: null, scripts: [], additional: [] },
    options: { allData: false, fresh: false },
    stop: null,
    base: null,
    queries: [],
    environment: null,
    logOffset: 0,
    exitCode: null,
    oomKilled: false,
    reason: null,
    error: null,
    metrics: null,
    version: null,
    promotion: null,
    cleaned: false,
    ...given,
  };
}
