import { useCallback, useRef, useState } from 'preact/hooks';
import { WRITE } from '../api';
import { t } from '../i18n';
import { useModelChanges, usePolling, useResource } from '../live';
import { Leave } from '../model/frame';
import { ModelDetail } from '../model/model-detail';
import { openModel } from '../model/model-tray';
import { fetchHealth, fetchModels } from '../registry-client';
import { UploadForm } from '../upload/upload-form';
import { useIsWide } from '../use-is-wide';
import { ModelsPane } from './models-pane';

const HEALTH_INTERVAL_MS = 5_000;

/** The sidebar tab: the list of models, or the form that adds one; beside it a model, where there is room. */
export function ModelsPanel() {
  const models = useResource(fetchModels, []);
  const health = useResource(fetchHealth, []);
  const [adding, setAdding] = useState<{ readonly file?: File }>();
  const [beside, setBeside] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  const isWide = useIsWide(box);
  const refresh = useCallback(() => {
    models.reload();
    health.reload();
  }, [models.reload, health.reload]);
  const closeBeside = useCallback(() => Promise.resolve(setBeside(undefined)), []);
  useModelChanges(refresh);
  usePolling(health.reload, HEALTH_INTERVAL_MS);
  const open = (name: string): void => {
    setAdding(undefined);
    if (isWide) setBeside(name);
    else openModel(name);
  };
  return (
    <div ref={box} class="mm-panel">
      {adding ? (
        <div class="mm-pane">
          <UploadForm
            models={models.data ?? []}
            {...(adding.file && { file: adding.file })}
            onStored={refresh}
            onOpen={open}
            onClose={() => setAdding(undefined)}
          />
        </div>
      ) : (
        <ModelsPane
          models={models}
          health={health.data}
          onRefresh={refresh}
          onOpen={open}
          {...(RED.user.hasPermission(WRITE) && { onAdd: (file?: File) => setAdding(file ? { file } : {}) })}
        />
      )}
      {isWide && beside && (
        <Leave.Provider value={closeBeside}>
          <section class="mm-pane mm-beside" aria-label={t('tray.title', { name: beside })}>
            <button type="button" class="red-ui-button red-ui-button-small mm-close" onClick={closeBeside}>
              {t('action.close')}
            </button>
            <ModelDetail key={beside} name={beside} />
          </section>
        </Leave.Provider>
      )}
    </div>
  );
}
