import { useId, useState } from 'preact/hooks';
import { announce } from '../announce';
import type { ApiError } from '../api';
import { type Joining, joinHub } from '../edges/edge-client';
import { Busy, ErrorBox, Question } from '../feedback';
import { FormGroup } from '../form-group';
import { t, tCount, tList } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { readSettings } from './settings-literal';

/** Takes what a hub shows for a new edge, and makes this Node-RED that edge at its next start. */
export function JoinForm({ onJoined }: { readonly onJoined: () => void }) {
  const [text, setText] = useState('');
  const [isTried, setTried] = useState(false);
  const [joined, setJoined] = useState<Joining['edge']>();
  const { state, start, reset } = useTask();
  const settings = settingsIn(text);
  const isBusy = state.status === 'busy';
  const type = (typed: string): void => {
    if (state.status === 'failed') reset();
    setText(typed);
    setTried(false);
  };
  const join = (force: boolean): void => {
    setTried(true);
    if (!settings) return;
    start(async (signal) => {
      const { edge } = await joinHub(settings, force, signal);
      setJoined(edge);
      announce(t('edge.join.done', { edge: edge?.name ?? '' }));
      onJoined();
    });
  };
  if (joined) return <Joined name={joined.name} />;
  const resting = state.status === 'failed' ? restingIn(state.error) : undefined;
  return (
    <div class="mm-detail">
      <FormGroup class="mm-form" label={t('edge.join.title')} onSubmit={() => isBusy || join(false)}>
        <p>{t('edge.join.intro')}</p>
        <SettingsField value={text} isWrong={isTried && !settings} onInput={type} />
        {isTried && !settings && (
          <p class="mm-fault" role="alert">
            <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {t('edge.join.bad')}
          </p>
        )}
        <p class="mm-hint">{t('edge.join.trust')}</p>
        {isBusy && <Busy text={t('edge.busy')} />}
        {state.status === 'failed' && !resting && <ErrorBox error={state.error} />}
        {resting === undefined && (
          <div class="mm-buttons">
            <SteadyButton primary off={isBusy || text.trim() === ''} onClick={() => join(false)}>
              {t('edge.join.confirm')}
            </SteadyButton>
          </div>
        )}
      </FormGroup>
      {resting !== undefined && (
        <Question confirm={t('edge.join.confirm')} danger onConfirm={() => join(true)} onCancel={reset}>
          <p>{t('edge.join.rests', { what: resting })}</p>
        </Question>
      )}
    </div>
  );
}

function Joined({ name }: { readonly name: string }) {
  return (
    <div class="mm-detail">
      <p class="mm-box">
        <i class="fa fa-power-off" aria-hidden="true" /> {t('edge.join.done', { edge: name })}
      </p>
      <p>{t('edge.join.back')}</p>
    </div>
  );
}

function SettingsField({
  value,
  isWrong,
  onInput,
}: {
  readonly value: string;
  readonly isWrong: boolean;
  readonly onInput: (text: string) => void;
}) {
  const id = useId();
  return (
    <label for={id} class="mm-block">
      <span>{t('edge.join.settings')}</span>
      <textarea
        id={id}
        class="mm-query"
        rows={10}
        value={value}
        spellcheck={false}
        aria-invalid={isWrong}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

function settingsIn(text: string): object | undefined {
  try {
    return readSettings(text);
  } catch {
    return undefined;
  }
}

/** "3 models, 1 job": what would rest here, where the server asks about it; undefined = it says something else. */
function restingIn({ code, details }: ApiError): string | undefined {
  if (code !== 'IN_USE') return undefined;
  const { models = 0, jobs = 0, edges = 0 } = (details['resting'] ?? {}) as Readonly<Record<string, number>>;
  return tList([
    ...(models > 0 ? [tCount('edge.models', models)] : []),
    ...(jobs > 0 ? [tCount('edge.join.jobs', jobs)] : []),
    ...(edges > 0 ? [tCount('usage.edges', edges)] : []),
  ]);
}
