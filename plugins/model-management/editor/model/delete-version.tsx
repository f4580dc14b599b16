import { announce } from '../announce';
import type { Model } from '../contract';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { deleteVersion } from '../registry-client';
import { UsageList } from './usage-list';

export function DeleteVersion({
  model,
  version,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly version: number;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { state, start } = useTask();
  const run = (): void =>
    start(async (signal) => {
      await deleteVersion(model.name, version, signal);
      announce(t('delete.versionDone', { name: model.name, version }));
      onDone();
      onClose();
    });
  if (state.status === 'busy') return <Busy text={t('delete.busy')} />;
  if (state.status === 'failed') {
    return (
      <>
        <ErrorBox error={state.error} />
        <UsageList usedBy={state.error.usedBy} />
        <button type="button" class="red-ui-button red-ui-button-small" onClick={onClose}>
          {t('action.close')}
        </button>
      </>
    );
  }
  return (
    <Question confirm={t('delete.confirmVersion', { version })} danger onConfirm={run} onCancel={onClose}>
      <p>{t('delete.versionEffect', { name: model.name, version })}</p>
    </Question>
  );
}
