import { Age } from '../age';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { useClock } from '../live';
import type { JobView, RunView } from './contract';
import { durationText } from './duration';
import { JobSign } from './run-sign';

export function JobRow({ job, onOpen }: { readonly job: JobView; readonly onOpen: (name: string) => void }) {
  return (
    <li>
      <button type="button" class="mm-row mm-job-row" onClick={() => onOpen(job.name)}>
        <JobSign job={job} />
        <span class="mm-row-name">{job.name}</span>
        <span class="mm-row-usage">
          <State job={job} />
          <Outlook job={job} />
        </span>
      </button>
    </li>
  );
}

function State({ job: { activeRun, lastRun, state, pauseReason, problems } }: { readonly job: JobView }) {
  const now = useClock(activeRun !== null);
  if (activeRun) {
    const sinceMs = Math.max(0, now - Date.parse(activeRun.startedAt ?? activeRun.createdAt));
    return (
      <span>
        {t(`run.state.${activeRun.state}`)} {durationText(sinceMs)}
      </span>
    );
  }
  if (state === 'paused') return <span>{pauseReason ?? t('job.state.paused')}</span>;
  const [problem] = problems;
  if (problem) return <span>{problem.message}</span>;
  if (!lastRun) return <span>{t('job.state.never')}</span>;
  return (
    <span>
      {t(`run.state.${lastRun.state}`)} <Age at={lastRun.finishedAt ?? lastRun.createdAt} />
    </span>
  );
}

/** "next in 3 h · v5 · accuracy 0.981"; what went wrong has a line of its own. */
function Outlook({ job: { nextRunAt, lastRun } }: { readonly job: JobView }) {
  const result = lastRun ? resultText(lastRun) : '';
  return (
    <>
      {(nextRunAt || result) && (
        <span>
          {nextRunAt && (
            <>
              {t('job.next')} <Age at={nextRunAt} />
            </>
          )}
          {nextRunAt && result && ' · '}
          {result}
        </span>
      )}
      {lastRun?.error && <span class="mm-cut">{lastRun.error.message}</span>}
    </>
  );
}

/** "v5 · accuracy 0.981" */
function resultText({ version, metrics }: RunView): string {
  if (version === undefined) return '';
  const [metric] = Object.entries(metrics ?? {});
  const value = metric ? ` · ${metric[0]} ${formatNumber(metric[1], RED.i18n.lang())}` : '';
  return `${t('version.short', { version })}${value}`;
}
