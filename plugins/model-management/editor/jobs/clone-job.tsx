import { useId, useState } from 'preact/hooks';
import { isModelName } from '../../../../lib/names';
import { FormEnd } from '../form-end';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { cloneJob } from './job-client';

/** Asks for the name of the copy. */
export function CloneJob({
  name,
  onCloned,
  onClose,
}: {
  readonly name: string;
  readonly onCloned: (copy: string) => void;
  readonly onClose: () => void;
}) {
  const id = useId();
  const [copy, setCopy] = useState(`${name}-2`);
  const { state, start } = useTask();
  const isReady = isModelName(copy) && state.status !== 'busy';
  const submit = (): void => {
    if (!isReady) return;
    start(async (signal) => onCloned((await cloneJob(name, copy, signal)).name));
  };
  return (
    <FormGroup class="mm-form mm-question" label={t('job.clone')} onSubmit={submit} onEscape={onClose}>
      <label for={id}>
        <span>{t('job.form.name')}</span>
        <input
          id={id}
          type="text"
          value={copy}
          spellcheck={false}
          aria-invalid={!isModelName(copy)}
          onInput={(event) => setCopy(event.currentTarget.value)}
        />
      </label>
      <p class="mm-hint">{t('job.cloneHint')}</p>
      <FormEnd state={state} busy={t('job.busy')} isReady={isReady} onSubmit={submit} onCancel={onClose}>
        {t('job.clone')}
      </FormEnd>
    </FormGroup>
  );
}
