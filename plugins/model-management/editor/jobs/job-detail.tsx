import { useCallback, useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useJobChanges, useResource, useRunChanges } from '../live';
import { fetchJob, fetchRuns } from './job-client';
import { JobHead } from './job-head';
import { RunChart } from './run-chart';
import { RunDetail } from './run-detail';
import { RunTable } from './run-table';

/** A job: what it does, its runs, and one of them in full; the newest, until another is chosen. */
export function JobDetail({ name }: { readonly name: string }) {
  const job = useResource((signal) => fetchJob(name, signal), [name]);
  const runs = useResource((signal) => fetchRuns(name, signal), [name]);
  const [chosen, setChosen] = useState<string>();
  const refresh = useCallback(() => {
    job.reload();
    runs.reload();
  }, [job.reload, runs.reload]);
  useJobChanges(refresh);
  useRunChanges(refresh);
  if (!job.data || !runs.data) {
    const error = job.error ?? runs.error;
    return error ? <ErrorBox error={error} onRetry={refresh} /> : <Busy text={t('tray.loading', { name })} />;
  }
  const shown = runs.data.find(({ id }) => id === chosen) ?? runs.data[0];
  return (
    <div class="mm-detail">
      <JobHead job={job.data} onChanged={refresh} />
      <Problems problems={job.data.problems} />
      <RunChart runs={runs.data} onShow={setChosen} />
      <section>
        <h3>{t('run.table')}</h3>
        <RunTable runs={runs.data} shown={shown?.id} onShow={setChosen} />
      </section>
      {shown && <RunDetail key={shown.id} run={shown} onChanged={refresh} />}
    </div>
  );
}

/** All that keeps the job from running. */
function Problems({ problems }: { readonly problems: readonly { readonly message: string }[] }) {
  if (problems.length === 0) return null;
  return (
    <div class="mm-box" role="status">
      <strong>{t('job.problems')}</strong>
      <ul class="mm-plain">
        {problems.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </div>
  );
}
