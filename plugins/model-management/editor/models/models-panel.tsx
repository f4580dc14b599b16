import { useCallback, useState } from 'preact/hooks';
import { WRITE } from '../api';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useModelChanges, usePolling, useResource } from '../live';
import { openModel } from '../model/model-tray';
import { fetchHealth, fetchModels } from '../registry-client';
import { DropZone } from '../upload/drop-zone';
import { UploadForm } from '../upload/upload-form';
import { ModelList } from './model-list';
import { Notices } from './notices';

const HEALTH_INTERVAL_MS = 5_000;

/** The sidebar tab: the list of models, or the form that adds one. */
export function ModelsPanel() {
  const models = useResource(fetchModels, []);
  const health = useResource(fetchHealth, []);
  const [adding, setAdding] = useState<{ readonly file?: File }>();
  const refresh = useCallback(() => {
    models.reload();
    health.reload();
  }, [models.reload, health.reload]);
  useModelChanges(refresh);
  usePolling(health.reload, HEALTH_INTERVAL_MS);
  const canWrite = RED.user.hasPermission(WRITE);
  const add = (file?: File): void => setAdding(file ? { file } : {});

  if (adding) {
    return (
      <div class="mm-panel">
        <UploadForm
          models={models.data ?? []}
          {...(adding.file && { file: adding.file })}
          onStored={refresh}
          onOpen={(name) => {
            setAdding(undefined);
            openModel(name);
          }}
          onClose={() => setAdding(undefined)}
        />
      </div>
    );
  }
  return (
    <DropZone class="mm-panel" disabled={!canWrite} onFile={add}>
      {models.error && <ErrorBox error={models.error} onRetry={refresh} />}
      {!models.data && !models.error && <Busy text={t('list.loading')} />}
      {models.data && (
        <ModelList
          models={models.data}
          health={health.data}
          onOpen={openModel}
          {...(canWrite && { onAdd: () => add() })}
        />
      )}
      {health.data && <Notices health={health.data} />}
    </DropZone>
  );
}
