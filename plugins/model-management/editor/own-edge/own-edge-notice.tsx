import { useContext, useState } from 'preact/hooks';
import { WRITE } from '../api';
import type { OwnEdge } from '../edges/edge-client';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { StateSign } from '../list/state-sign';
import { LeaveHub } from './leave-hub';
import { hubText, needsToken, reasonText, stateText } from './own-state';
import { TokenForm } from './token-form';
import { OwnEdgeSource } from './use-own-edge';

/** Above every list of an edge: whose it is, how that stands, and what can be done about it here. */
export function OwnEdgeNotice() {
  const own = useContext(OwnEdgeSource);
  if (!own) return null;
  const { data, error, reload } = own;
  return (
    <section class="mm-own-edge" aria-label={t('edge.own.label')}>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {data && <Notice own={data} onChanged={reload} />}
    </section>
  );
}

function Notice({ own, onChanged }: { readonly own: OwnEdge; readonly onChanged: () => void }) {
  const { name, enrolment } = own;
  // Also of a token that was typed while the key before is good.
  const reason = 'reason' in enrolment ? enrolment.reason : 'refused' in enrolment && enrolment.refused;
  const isLost = needsToken(own);
  const [wish, setWish] = useState<boolean>();
  // What asks for somebody is open until it is closed.
  const isOpen = wish ?? isLost;
  return (
    <>
      <p>{t('edge.own.notice', { edge: name, hub: hubText(own) })}</p>
      <p class="mm-sub" role="status">
        <OwnSign own={own} /> {stateText(own)}{' '}
        {RED.user.hasPermission(WRITE) && (
          <button type="button" class="mm-link" aria-expanded={isOpen} onClick={() => setWish(!isOpen)}>
            {t('edge.own.manage')}
          </button>
        )}
      </p>
      {reason && <p>{reasonText(reason)}</p>}
      {own.nextRole === 'hub' && <p>{t('edge.own.leave.restart')}</p>}
      {isOpen && RED.user.hasPermission(WRITE) && (
        <>
          {isLost && <TokenForm onEnrolled={onChanged} />}
          <LeaveHub own={own} onLeft={onChanged} />
        </>
      )}
    </>
  );
}

function OwnSign({ own }: { readonly own: OwnEdge }) {
  const { enrolment, isConnected } = own;
  if (needsToken(own))
    return <StateSign kind="failed" icon="fa-ban" word={t(`edge.own.enrolment.${enrolment.status}`)} />;
  return isConnected ? (
    <StateSign kind="running" icon="fa-circle" word={t('edge.own.connected')} />
  ) : (
    <StateSign kind="idle" icon="fa-circle-o" word={t('edge.own.notConnected')} />
  );
}
