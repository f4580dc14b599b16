import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { leaveHub, type OwnEdge } from '../edges/edge-client';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { hubText } from './own-state';

/** Gives the key up; what makes a hub of this Node-RED again stands in settings.js. */
export function LeaveHub({ own, onLeft }: { readonly own: OwnEdge; readonly onLeft: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const { state, start } = useTask();
  if (own.enrolment.status === 'none') return <p class="mm-hint">{t('edge.own.leave.settings')}</p>;
  if (state.status === 'busy') return <Busy text={t('edge.busy')} />;
  const leave = (): void =>
    start(async (signal) => {
      await leaveHub(signal);
      announce(t('edge.own.leave.done'));
      setAsking(false);
      onLeft();
    });
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {isAsking ? (
        <Question confirm={t('edge.own.leave.confirm')} danger onConfirm={leave} onCancel={() => setAsking(false)}>
          <p>{t('edge.own.leave.effect', { hub: hubText(own) })}</p>
          <p>{t('edge.own.leave.settings')}</p>
        </Question>
      ) : (
        <div class="mm-buttons">
          <button type="button" class="red-ui-button red-ui-button-small" onClick={() => setAsking(true)}>
            {t('edge.own.leave.title')}
          </button>
        </div>
      )}
    </>
  );
}
