import { useState } from 'preact/hooks';
import { LOCAL_EDGE } from '../../../../lib/names';
import { Age } from '../age';
import { announce } from '../announce';
import { DeleteQuestion } from '../delete-question';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { Toggle } from '../toggle';
import { closeTray } from '../widgets/tray';
import { CloneJob } from './clone-job';
import type { JobView } from './contract';
import { openJobForm } from './form/job-form-tray';
import { deleteJob, downloadBundle, startRun, updateJob } from './job-client';
import { openJob } from './job-tray';
import { placeWords } from './place-words';
import { mayTrain, mayWriteJobs } from './rights';
import { JobSign } from './run-sign';
import { scheduleWords } from './schedule-words';

/** What the job is, when it runs, and what can be done with it. */
export function JobHead({ job, onChanged }: { readonly job: JobView; readonly onChanged: () => void }) {
  return (
    <>
      <header class="mm-head">
        <div>
          <h2>
            <JobSign job={job} /> {job.name}
          </h2>
          <p class="mm-sub">
            {t('job.base', { model: job.baseModel })} · {t(`job.runner.${job.runner}`)}
            {job.trainingEdge !== LOCAL_EDGE && ` · ${t('run.onEdge', { edge: placeWords(job.trainingEdge) })}`} ·{' '}
            {scheduleWords(job.schedule)}
            {job.nextRunAt && (
              <>
                {' · '}
                {t('job.next')} <Age at={job.nextRunAt} />
              </>
            )}
          </p>
          {job.pauseReason && <p class="mm-sub">{t('job.pausedBecause', { reason: job.pauseReason })}</p>}
        </div>
      </header>
      <Actions job={job} onChanged={onChanged} />
      {mayTrain() && !mayWriteJobs() && <p class="mm-hint">{t('job.noCodeRight')}</p>}
    </>
  );
}

type Section = 'clone' | 'delete';

function Actions({ job, onChanged }: { readonly job: JobView; readonly onChanged: () => void }) {
  const task = useTask();
  const [open, setOpen] = useState<Section>();
  const toggle = (section: Section): void => setOpen(open === section ? undefined : section);
  const isBusy = task.state.status === 'busy';
  const { name } = job;
  const cannotStart = isBusy || (job.activeRun !== null && job.overlap === 'skip');
  const train = (data: 'new' | 'all'): void =>
    task.start(async (signal) => {
      const run = await startRun(name, data, signal);
      announce(t('run.started', { number: run.number }));
      onChanged();
    });
  const pause = (): void =>
    task.start(async (signal) => {
      await updateJob(name, { paused: !job.paused }, signal);
      onChanged();
    });
  return (
    <>
      <div class="mm-buttons">
        {mayTrain() && (
          <SteadyButton primary off={cannotStart} onClick={() => train('new')}>
            {t('job.train')}
          </SteadyButton>
        )}
        {mayTrain() && job.queries.some(({ newDataOnly }) => newDataOnly) && (
          <SteadyButton off={cannotStart} onClick={() => train('all')}>
            {t('job.trainAll')}
          </SteadyButton>
        )}
        {mayTrain() && job.schedule && (
          <SteadyButton off={isBusy} onClick={pause}>
            {t(job.paused ? 'job.resume' : 'job.pause')}
          </SteadyButton>
        )}
        {mayWriteJobs() && (
          <button type="button" class="red-ui-button" onClick={() => openJobForm({ name })}>
            {t('job.edit')}
          </button>
        )}
        <button
          type="button"
          class="red-ui-button"
          title={t('job.bundleHint')}
          onClick={() => task.start((signal) => downloadBundle(name, signal))}
        >
          {t('job.bundle')}
        </button>
        {mayWriteJobs() && (
          <>
            <Toggle open={open === 'clone'} text={t('job.clone')} onClick={() => toggle('clone')} />
            <Toggle open={open === 'delete'} text={t('action.deleteModel')} onClick={() => toggle('delete')} />
          </>
        )}
      </div>
      {isBusy && <Busy text={t('job.busy')} onCancel={task.reset} />}
      {task.state.status === 'failed' && <ErrorBox error={task.state.error} />}
      {open === 'clone' && (
        <CloneJob
          name={name}
          onCloned={(copy) => void closeTray().then(() => openJob(copy))}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'delete' && (
        <DeleteQuestion
          confirm={t('delete.confirmModel', { name })}
          inUse=""
          remove={(_force, signal) => deleteJob(name, signal)}
          onGone={() => void closeTray()}
          onClose={() => setOpen(undefined)}
        >
          <p>{t('job.deleteEffect', { name })}</p>
        </DeleteQuestion>
      )}
    </>
  );
}
