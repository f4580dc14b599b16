import { useId, useState } from 'preact/hooks';
import { isModelName } from '../../../../lib/names';
import { Busy, ErrorBox } from '../feedback';
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
  const submit = (): void => {
    if (!isModelName(copy)) return;
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
      {state.status === 'busy' && <Busy text={t('job.busy')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button primary" disabled={!isModelName(copy)} onClick={submit}>
          {t('job.clone')}
        </button>
        <button type="button" class="red-ui-button" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </FormGroup>
  );
}
