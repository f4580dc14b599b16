import { announce } from '../announce';
import { WRITE } from '../api';
import type { Health } from '../contract';
import { undoJoin } from '../edges/edge-client';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { openTray } from '../widgets/tray';
import { JoinForm } from './join-form';

const WIDTH_PX = 620;

type Roles = Pick<Health, 'nextRole' | 'isRoleSet'>;

/** The way to become an edge, for those who may let somebody else store code here. */
export function JoinLink({ health, onJoined }: { readonly health: Roles; readonly onJoined: () => void }) {
  const mayJoin = RED.user.hasPermission(WRITE) && RED.user.hasPermission('flows.write');
  if (!mayJoin || health.isRoleSet || health.nextRole === 'edge') return null;
  const open = (): void =>
    openTray({ title: t('edge.join.title'), widthPx: WIDTH_PX, content: <JoinForm onJoined={onJoined} /> });
  return (
    <button type="button" class="mm-link mm-import-link" onClick={open}>
      <i class="fa fa-sign-in" aria-hidden="true" /> {t('edge.join.open')}
    </button>
  );
}

/** On what is a hub still: what the next start makes of it, and the way back. */
export function JoinNotice({ health, onUndone }: { readonly health: Roles; readonly onUndone: () => void }) {
  const { state, start } = useTask();
  if (health.nextRole !== 'edge') return null;
  const undo = (): void =>
    start(async (signal) => {
      await undoJoin(signal);
      announce(t('edge.join.undone'));
      onUndone();
    });
  return (
    <div class="mm-box" role="status">
      <p>
        <i class="fa fa-power-off" aria-hidden="true" /> {t('edge.join.waits')}{' '}
        {RED.user.hasPermission(WRITE) && (
          <button type="button" class="mm-link" onClick={undo}>
            {t('edge.join.undo')}
          </button>
        )}
      </p>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </div>
  );
}
