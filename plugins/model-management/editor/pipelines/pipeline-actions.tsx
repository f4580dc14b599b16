import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { Toggle } from '../toggle';
import { DeletePipeline } from './delete-pipeline';
import { DuplicatePipeline } from './duplicate-pipeline';
import { deployHere, showDisabled } from './own-deploy';
import { actOn, type PipelineAction, type PipelineDetails } from './pipeline-client';
import { PipelineTest } from './pipeline-test';
import { mayChangeFlows, mayRun, mayTest } from './rights';

/** Start, stop, restart, test, duplicate and delete. What stops is asked about, since messages that come meanwhile are lost. */
export function PipelineActions({
  pipeline,
  onChanged,
}: {
  readonly pipeline: PipelineDetails;
  readonly onChanged: () => void;
}) {
  const { id, name, state, models, starts } = pipeline;
  const { state: task, start } = useTask();
  const [open, setOpen] = useState<'duplicate' | 'delete'>();
  const close = (): void => setOpen(undefined);
  const [asked, setAsked] = useState<'stop' | 'restart'>();
  const [isTesting, setIsTesting] = useState(false);
  const [warning, setWarning] = useState<string>();
  const isBusy = task.status === 'busy';
  const act = (action: PipelineAction): void => {
    setAsked(undefined);
    start(async (signal) => {
      const deployed = await deployHere(
        () => actOn(id, action, signal),
        () => showDisabled(id, action === 'stop'),
      );
      setWarning(deployed.warning);
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
        {mayChangeFlows() && (
          <Toggle
            open={open === 'duplicate'}
            text={t('flow.duplicate.title')}
            onClick={() => setOpen(open === 'duplicate' ? undefined : 'duplicate')}
          />
        )}
        {mayRun() && (
          <Toggle
            open={open === 'delete'}
            text={t('flow.delete.title')}
            onClick={() => setOpen(open === 'delete' ? undefined : 'delete')}
          />
        )}
      </div>
      {asked && (
        <Question confirm={t(`flow.${asked}`)} onConfirm={() => act(asked)} onCancel={() => setAsked(undefined)}>
          <p>{t(`flow.effect.${asked}`, { name })}</p>
        </Question>
      )}
      {open === 'duplicate' && <DuplicatePipeline pipeline={pipeline} onClose={close} />}
      {open === 'delete' && <DeletePipeline pipeline={pipeline} onClose={close} />}
      {isBusy && <Busy text={t('flow.busy')} />}
      {task.status === 'failed' && <ErrorBox error={task.error} />}
      {warning && <p class="mm-hint">{warning}</p>}
      {isTesting && (
        // What was typed is there when it is started again.
        <div hidden={state === 'idle'}>
          <PipelineTest place={{ id }} model={models[0]} starts={starts} />
        </div>
      )}
    </>
  );
}
