import type { Model } from '../contract';
import { Busy, ErrorBox, Question } from '../feedback';
import { t, tCount } from '../i18n';
import { useTask } from '../live';
import { deleteModel } from '../registry-client';
import { UsageList } from './usage-list';

/** Names what goes; a model in use asks a second time, with its users in sight. */
export function DeleteModel({
  model,
  onGone,
  onClose,
}: {
  readonly model: Model;
  readonly onGone: () => void;
  readonly onClose: () => void;
}) {
  const { state, start } = useTask();
  const run = (force: boolean): void =>
    start(async (signal) => {
      await deleteModel(model.name, force, signal);
      onGone();
    });
  if (state.status === 'busy') return <Busy text={t('delete.busy')} />;
  if (state.status === 'failed' && state.error.code === 'IN_USE') {
    return (
      <Question confirm={t('delete.force')} danger onConfirm={() => run(true)} onCancel={onClose}>
        <p>{t('delete.inUse', { name: model.name })}</p>
        <UsageList usedBy={state.error.usedBy} />
      </Question>
    );
  }
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <Question
        confirm={t('delete.confirmModel', { name: model.name })}
        danger
        onConfirm={() => run(false)}
        onCancel={onClose}
      >
        <p>{tCount('delete.modelEffect', model.versions.length, { name: model.name })}</p>
      </Question>
    </>
  );
}
