import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { ChoiceField } from '../widgets/choice-field';
import { TextField } from '../widgets/text-field';
import { deleteTest, keepTest, type SavedTest } from './pipeline-client';

/** Inputs that are kept for this pipeline: to take one up, to keep what is typed, to delete one. */
export function SavedTests({
  id,
  tests,
  current,
  onTake,
  onChanged,
}: {
  readonly id: string;
  readonly tests: readonly SavedTest[];
  /** What would be kept. @throws {ApiError} when it is no JSON */
  readonly current: () => Omit<SavedTest, 'name'>;
  readonly onTake: (test: SavedTest) => void;
  readonly onChanged: () => void;
}) {
  const [name, setName] = useState('');
  const { state, start } = useTask();
  const chosen = tests.find((test) => test.name === name);
  const isBusy = state.status === 'busy';
  const save = (): void =>
    start(async (signal) => {
      await keepTest(id, { name: name.trim(), ...current() }, signal);
      announce(t('flow.saved.done', { name: name.trim() }));
      onChanged();
    });
  const remove = (): void =>
    start(async (signal) => {
      await deleteTest(id, name, signal);
      announce(t('flow.saved.gone', { name }));
      setName('');
      onChanged();
    });
  return (
    <details class="mm-more">
      <summary>{t('flow.saved.title', { count: tests.length })}</summary>
      <div class="mm-form">
        {tests.length > 0 && (
          <ChoiceField
            label={t('flow.saved.take')}
            value={chosen?.name ?? ''}
            options={[{ value: '', text: '–' }, ...tests.map((test) => ({ value: test.name, text: test.name }))]}
            onChange={(value) => {
              const test = tests.find((one) => one.name === value);
              setName(value);
              if (test) onTake(test);
            }}
          />
        )}
        <TextField label={t('flow.saved.name')} value={name} onInput={setName} />
        {state.status === 'failed' && <ErrorBox error={state.error} />}
        <div class="mm-buttons">
          <SteadyButton off={isBusy || name.trim() === ''} onClick={save}>
            {t(chosen ? 'flow.saved.replace' : 'flow.saved.save')}
          </SteadyButton>
          {chosen && (
            <SteadyButton off={isBusy} onClick={remove}>
              {t('flow.saved.delete')}
            </SteadyButton>
          )}
        </div>
      </div>
    </details>
  );
}
