import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { leaveHub, type OwnEdge } from '../edges/edge-client';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { hubText } from './own-state';

/** Gives the key up, and says what makes a hub of this Node-RED again. */
export function LeaveHub({ own, onLeft }: { readonly own: OwnEdge; readonly onLeft: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const { state, start } = useTask();
  if (own.nextRole === 'hub') return null;
  const after = t(own.isRoleSet ? 'edge.own.leave.settings' : 'edge.own.leave.restart');
  if (own.enrolment.status === 'none' && own.isRoleSet) return <p class="mm-hint">{after}</p>;
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
          <p>{after}</p>
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
