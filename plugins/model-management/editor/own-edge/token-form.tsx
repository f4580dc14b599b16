import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { enrolHere } from '../edges/edge-client';
import { ErrorBox } from '../feedback';
import { FormGroup } from '../form-group';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { TextField } from '../widgets/text-field';

/** Takes a token of the hub, without a change of settings.js and a restart. */
export function TokenForm({ onEnrolled }: { readonly onEnrolled: () => void }) {
  const [token, setToken] = useState('');
  const { state, start } = useTask();
  const isReady = token.trim() !== '' && state.status !== 'busy';
  const enrol = (): void =>
    start(async (signal) => {
      await enrolHere(token.trim(), signal);
      announce(t('edge.own.enrolment.enrolling'));
      setToken('');
      onEnrolled();
    });
  return (
    <FormGroup class="mm-form" label={t('edge.own.enrol')} onSubmit={() => isReady && enrol()}>
      <TextField label={t('edge.own.token')} value={token} onInput={setToken} />
      <p class="mm-hint">{t('edge.own.tokenHint')}</p>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <SteadyButton primary off={!isReady} onClick={enrol}>
          {t('edge.own.enrol')}
        </SteadyButton>
      </div>
    </FormGroup>
  );
}
