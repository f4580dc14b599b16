import { announce } from '../announce';
import type { Model } from '../contract';
import { DeleteQuestion } from '../delete-question';
import { t, tCount } from '../i18n';
import { deleteModel } from '../registry-client';

/** Names what goes; a model in use asks a second time, with its users in sight. */
export function DeleteModel({
  model: { name, versions },
  onGone,
  onClose,
}: {
  readonly model: Model;
  readonly onGone: () => void;
  readonly onClose: () => void;
}) {
  return (
    <DeleteQuestion
      confirm={t('delete.confirmModel', { name })}
      inUse={t('delete.inUse', { name })}
      remove={async (force, signal) => {
        await deleteModel(name, force, signal);
        announce(t('delete.modelDone', { name }));
      }}
      onGone={onGone}
      onClose={onClose}
    >
      <p>{tCount('delete.modelEffect', versions.length, { name })}</p>
    </DeleteQuestion>
  );
}
