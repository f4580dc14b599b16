import { useRef, useState } from 'preact/hooks';
import { isModelName } from '../../../../../lib/names';
import { isMetricName } from '../../../../../lib/registry/metric-name';
import { announce } from '../../announce';
import { Busy, ErrorBox, Question } from '../../feedback';
import { t } from '../../i18n';
import { useResource, useTask } from '../../live';
import { fetchHealth, fetchModels } from '../../registry-client';
import { SteadyButton } from '../../steady-button';
import type { LeaveGate } from '../../widgets/leave-gate';
import { closeTray } from '../../widgets/tray';
import { useLeaveQuestion } from '../../widgets/use-leave-question';
import { fetchJob } from '../job-client';
import { openJob } from '../job-tray';
import { BasicFields } from './basic-fields';
import { EnvPreview } from './env-preview';
import { draftOf, type JobDraft, keepsFromSaving, missingOf, newDraft } from './job-draft';
import { LimitFields } from './limit-fields';
import { MetricFields } from './metric-fields';
import { QueryFields } from './query-fields';
import { RequirementField } from './requirement-field';
import { saveJob } from './save-job';
import { ScheduleField } from './schedule-field';
import { AdditionalFiles, ScriptFiles } from './script-files';

/** Loads what the form starts from, then shows it. */
export function JobForm({ name, gate }: { readonly name: string | undefined; readonly gate: LeaveGate }) {
  const models = useResource(fetchModels, []);
  const start = useResource(
    async (signal) => {
      if (name !== undefined) return draftOf(await fetchJob(name, signal));
      const { docker } = await fetchHealth(signal);
      return newDraft(docker.available ? 'docker' : 'process');
    },
    [name ?? ''],
  );
  if (start.error) return <ErrorBox error={start.error} onRetry={start.reload} />;
  if (!start.data || !models.data) return <Busy text={t('tray.loading', { name: name ?? '' })} />;
  const names = models.data.map((model) => model.name);
  return <Form initial={start.data} isNew={name === undefined} models={names} gate={gate} />;
}

function Form({
  initial,
  isNew,
  models,
  gate,
}: {
  readonly initial: JobDraft;
  readonly isNew: boolean;
  readonly models: readonly string[];
  readonly gate: LeaveGate;
}) {
  const [draft, setDraft] = useState(initial);
  const [isStored, setIsStored] = useState(!isNew);
  const [isChecked, setIsChecked] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const [hasWrongField, setHasWrongField] = useState(false);
  const { state, start } = useTask();
  const question = useLeaveQuestion(gate, draft !== initial);
  const change = (more: Partial<JobDraft>): void => setDraft((before) => ({ ...before, ...more }));
  const rules = { isName: isModelName, isMetric: isMetricName, isStored };
  const missing = [...missingOf(draft, rules), ...(hasWrongField ? (['field'] as const) : [])];
  /** Marks what cannot be taken over, and leads to the first of it. */
  const check = (): boolean => {
    setIsChecked(true);
    const wrong = box.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    setHasWrongField(Boolean(wrong));
    for (let fold = wrong?.closest('details'); fold; fold = fold.parentElement?.closest('details')) fold.open = true;
    wrong?.focus();
    return !wrong && !keepsFromSaving(missingOf(draft, rules));
  };
  const save = (): void => {
    if (!check()) return;
    start(async (signal) => {
      const name = await saveJob(draft, !isStored, () => setIsStored(true), signal);
      announce(t('job.saved', { name }));
      await closeTray();
      if (isNew) openJob(name);
    });
  };
  return (
    <div ref={box} class="mm-detail mm-job-form" onInput={() => setHasWrongField(false)}>
      {question && (
        <Question confirm={t('library.leave.confirm')} danger onConfirm={question.leave} onCancel={question.stay}>
          <p>{t('job.leaveEffect')}</p>
        </Question>
      )}
      <BasicFields draft={draft} isNew={!isStored} models={models} onChange={change} />
      <ScheduleField schedule={draft.schedule} onChange={(schedule) => change({ schedule })} />
      <RequirementField draft={draft} isNew={isNew} onDraft={setDraft} />
      <AdditionalFiles draft={draft} onDraft={setDraft} />
      <QueryFields draft={draft} isStored={isStored} onChange={change} />
      <ScriptFiles draft={draft} isNew={isNew} onDraft={setDraft} />
      <MetricFields draft={draft} onChange={change} />
      <LimitFields draft={draft} onChange={change} />
      <EnvPreview draft={draft} />
      {isChecked && missing.length > 0 && (
        <div class="mm-box" role="alert">
          <strong>{t('job.missing.title')}</strong>
          <ul class="mm-plain">
            {missing.map((one) => (
              <li key={one}>{t(`job.missing.${one}`)}</li>
            ))}
          </ul>
        </div>
      )}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {state.status === 'busy' && <Busy text={t('job.saving')} />}
      <div class="mm-buttons">
        <SteadyButton primary off={state.status === 'busy'} onClick={save}>
          {t('job.save')}
        </SteadyButton>
        <button type="button" class="red-ui-button" onClick={check}>
          {t('job.check')}
        </button>
        {isChecked && missing.length === 0 && <span role="status">{t('job.complete')}</span>}
      </div>
    </div>
  );
}
