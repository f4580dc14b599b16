import { ImportLink } from '../clearblade/import-link';
import type { Health, Model } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import type { Resource } from '../live';
import { DropZone } from '../upload/drop-zone';
import { ModelList } from './model-list';
import { Notices } from './notices';

/** The list with its waits, its failures and what is not as it should be on this machine; takes a dropped file. */
export function ModelsPane({
  models,
  health,
  onRefresh,
  onOpen,
  onAdd,
}: {
  readonly models: Resource<readonly Model[]>;
  readonly health: Health | undefined;
  readonly onRefresh: () => void;
  readonly onOpen: (name: string) => void;
  /** Absent: the user may not change models. */
  readonly onAdd?: (file?: File) => void;
}) {
  return (
    <DropZone class="mm-pane" hint={t('upload.drop')} disabled={!onAdd} onFile={(file) => onAdd?.(file)}>
      {models.error && <ErrorBox error={models.error} onRetry={onRefresh} />}
      {!models.data && !models.error && <Busy text={t('list.loading')} onCancel={models.cancel} />}
      {models.data && (
        <ModelList models={models.data} health={health} onOpen={onOpen} {...(onAdd && { onAdd: () => onAdd() })} />
      )}
      <ImportLink />
      {health && <Notices health={health} />}
    </DropZone>
  );
}
