import { useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { openJobForm } from '../jobs/form/job-form-tray';
import { createJob } from '../jobs/job-client';
import { mayWriteJobs } from '../jobs/rights';
import { useTask } from '../live';
import type { ClearbladeImport } from './import-client';

/** The translated jobs: a press creates one and opens its form, where it is given its files. */
export function JobCreation({ jobs }: { readonly jobs: ClearbladeImport['jobs'] }) {
  const [created, setCreated] = useState<ReadonlySet<string>>(new Set());
  const { state, start } = useTask();
  if (jobs.length === 0 || !mayWriteJobs()) return null;
  return (
    <section>
      <h3>{t('import.jobs')}</h3>
      <ul class="mm-notes">
        {jobs.map((job) => (
          <li key={job.name}>
            {job.name}{' '}
            {created.has(job.name) ? (
              <button type="button" class="mm-link" onClick={() => openJobForm({ name: job.name })}>
                {t('import.jobFiles')}
              </button>
            ) : (
              <button
                type="button"
                class="mm-link"
                onClick={() =>
                  start(async (signal) => {
                    // The edges of the original are not here.
                    await createJob({ ...job, trainingEdge: 'local' }, signal);
                    setCreated(new Set([...created, job.name]));
                  })
                }
              >
                {t('import.createJob')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {state.status === 'busy' && <Busy text={t('job.saving')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </section>
  );
}
