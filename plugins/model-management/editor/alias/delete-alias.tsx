import { announce } from '../announce';
import type { Model } from '../contract';
import { Busy, ErrorBox, Question } from '../feedback';
import { t, tCount } from '../i18n';
import { useTask } from '../live';
import { deleteAlias } from '../registry-client';
import { followerCount } from './alias-effect';

/** Names who follows the alias before it goes. */
export function DeleteAlias({
  model,
  alias,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly alias: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { state, start } = useTask();
  const followers = followerCount(model, alias);
  const run = (): void =>
    start(async (signal) => {
      // Whoever follows it has been named; one who came since then is told by the refusal.
      await deleteAlias(model.name, alias, followers > 0, signal);
      announce(t('alias.deleted', { alias }));
      onDone();
      onClose();
    });
  if (state.status === 'busy') return <Busy text={t('delete.busy')} />;
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <Question confirm={t('alias.confirmDelete', { alias })} danger onConfirm={run} onCancel={onClose}>
        <p>{followers > 0 ? tCount('alias.followed', followers, { alias }) : t('alias.notFollowed', { alias })}</p>
      </Question>
    </>
  );
}
