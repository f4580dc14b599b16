import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { WRITE } from '../api';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { Toggle } from '../toggle';
import { actOn, type PipelineAction, type PipelineView } from './pipeline-client';
import { PipelineTest } from './pipeline-test';

const mayTest = (): boolean => RED.user.hasPermission(WRITE);
const mayRun = (): boolean => mayTest() && RED.user.hasPermission('flows.write');

/** Start, stop, restart and test. What stops is asked about, since messages that come meanwhile are lost. */
export function PipelineActions({
  pipeline: { id, name, state, models },
  onChanged,
}: {
  readonly pipeline: PipelineView;
  readonly onChanged: () => void;
}) {
  const { state: task, start } = useTask();
  const [asked, setAsked] = useState<'stop' | 'restart'>();
  const [isTesting, setIsTesting] = useState(false);
  const [warning, setWarning] = useState<string>();
  const isBusy = task.status === 'busy';
  const act = (action: PipelineAction): void => {
    setAsked(undefined);
    start(async (signal) => {
      setWarning((await actOn(id, action, signal)).warning);
      announce(t(`flow.done.${action}`, { name }));
      onChanged();
    });
  };
  return (
    <>
      <div class="mm-buttons">
        {mayRun() && state === 'idle' && (
          <SteadyButton primary off={isBusy} onClick={() => act('start')}>
            {t('flow.start')}
          </SteadyButton>
        )}
        {mayRun() && state !== 'idle' && (
          <>
            <SteadyButton off={isBusy} onClick={() => setAsked('stop')}>
              {t('flow.stop')}
            </SteadyButton>
            <SteadyButton off={isBusy} onClick={() => setAsked('restart')}>
              {t('flow.restart')}
            </SteadyButton>
          </>
        )}
        {mayTest() && state !== 'idle' && (
          <Toggle open={isTesting} text={t('flow.test.title')} onClick={() => setIsTesting(!isTesting)} />
        )}
      </div>
      {asked && (
        <Question confirm={t(`flow.${asked}`)} onConfirm={() => act(asked)} onCancel={() => setAsked(undefined)}>
          <p>{t(`flow.effect.${asked}`, { name })}</p>
        </Question>
      )}
      {isBusy && <Busy text={t('flow.busy')} />}
      {task.status === 'failed' && <ErrorBox error={task.error} />}
      {warning && <p class="mm-hint">{warning}</p>}
      {isTesting && state !== 'idle' && <PipelineTest id={id} model={models[0]} />}
    </>
  );
}
