import { useCallback } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { SearchedList, type SearchedListWords } from '../list/searched-list';
import { useJobChanges, useResource, useRunChanges } from '../live';
import { fetchHealth } from '../registry-client';
import { openCollections } from './collections/collections-tray';
import type { JobView } from './contract';
import { openJobForm } from './form/job-form-tray';
import { fetchJobs } from './job-client';
import { arrange, type Order } from './job-order';
import { JobRow } from './job-row';
import { openJob } from './job-tray';
import { mayWriteJobs } from './rights';

const words = (): SearchedListWords<Order> => ({
  toolbar: t('job.list.toolbar'),
  search: t('job.list.search'),
  orders: { name: t('list.order.name'), last: t('job.list.last'), next: t('job.list.next') },
  label: t('job.list.label'),
  noMatch: (search) => t('job.list.noMatch', { search }),
});

/** The sub-tab: the list of jobs, and the way to the rows they learn from. */
export function JobsPanel() {
  const { data, error, reload } = useResource(fetchJobs, []);
  const refresh = useCallback(() => reload(), [reload]);
  useJobChanges(refresh);
  useRunChanges(refresh);
  return (
    <div class="mm-panel">
      <div class="mm-pane">
        {error && <ErrorBox error={error} onRetry={reload} />}
        {!data && !error && <Busy text={t('job.list.loading')} />}
        {data && <JobList jobs={data} />}
      </div>
    </div>
  );
}

/** Why jobs in Docker would not run now. */
function DockerNotice() {
  const { data } = useResource(fetchHealth, []);
  if (!data || data.docker.available) return null;
  return <p class="mm-hint">{data.docker.reason}</p>;
}

function JobList({ jobs }: { readonly jobs: readonly JobView[] }) {
  const mayWrite = mayWriteJobs();
  return (
    <SearchedList
      items={jobs}
      words={words()}
      arrange={arrange}
      onAdd={mayWrite ? () => openJobForm({}) : undefined}
      above={
        <>
          <p class="mm-links">
            <button type="button" class="mm-link" onClick={openCollections}>
              <i class="fa fa-table" aria-hidden="true" /> {t('collection.open')}
            </button>
          </p>
          {(jobs.length === 0 || jobs.some(({ runner }) => runner === 'docker')) && <DockerNotice />}
          {jobs.length === 0 && <p class="mm-empty">{t(mayWrite ? 'job.list.empty' : 'job.list.emptyReadOnly')}</p>}
        </>
      }
      row={(job) => <JobRow key={job.name} job={job} onOpen={openJob} />}
    />
  );
}
