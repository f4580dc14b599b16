import { useState } from 'preact/hooks';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { type EdgeView, type Enrolling, newToken } from './edge-client';
import { EnrolmentView } from './enrolment-view';

/** Asks whether the key in use goes at once, then shows the new token as it is shown for a new edge. */
export function NewToken({ edge, onClose }: { readonly edge: EdgeView; readonly onClose: () => void }) {
  const hasKey = edge.state !== 'pending' && edge.state !== 'revoked';
  const [isRevoking, setRevoking] = useState(edge.state === 'conflict');
  const [made, setMade] = useState<Enrolling>();
  const { state, start } = useTask();
  if (made) {
    return (
      <div class="mm-box">
        <EnrolmentView enrolling={made} />
      </div>
    );
  }
  if (state.status === 'busy') return <Busy text={t('edge.busy')} />;
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <Question
        confirm={t(isRevoking ? 'edge.token.revokeAndMake' : 'edge.token.make')}
        danger={isRevoking}
        onConfirm={() => start(async (signal) => setMade(await newToken(edge.name, isRevoking, signal)))}
        onCancel={onClose}
      >
        <p>{t('edge.token.effect')}</p>
        {hasKey && (
          <label class="mm-check">
            <input
              type="checkbox"
              checked={isRevoking}
              onChange={(event) => setRevoking(event.currentTarget.checked)}
            />{' '}
            {t('edge.token.revoke')}
          </label>
        )}
        {hasKey && <p>{t(isRevoking ? 'edge.token.revokes' : 'edge.token.keeps', { name: edge.name })}</p>}
      </Question>
    </>
  );
}
