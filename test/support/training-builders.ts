import { JobFields } from '../../lib/training/job';
import { newRun } from '../../lib/training/run/new-run';
import type { RunDocument } from '../../lib/training/run/run-document';

/** A job's fields; what is given wins. */
export const someFields = (given: Readonly<Record<string, unknown>> = {}): JobFields =>
  JobFields.parse({ baseModel: 'iris', ...given });

/** A run that waits; what is given wins. */
export function someRun(given: Partial<RunDocument> = {}): RunDocument {
  const run = newRun({
    job: { id: 'job-1', name: 'iris_job', files: { requirements: null, scripts: [], additional: [] } },
    number: 1,
    fields: someFields(),
    options: { allData: false, fresh: false },
    trigger: 'manual',
    user: null,
    node: null,
    attempt: 0,
    notBefore: 0,
    dueAt: null,
    createdAt: 1_000,
  });
  return { ...run, _id: 'run-1', ...given };
}
