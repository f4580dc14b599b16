import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useModelChanges, usePolling, useResource } from '../live';
import { openModel } from '../model/model-tray';
import { fetchHealth, fetchModels } from '../registry-client';
import { mayWrite } from '../rights';
import { UploadForm } from '../upload/upload-form';
import { useIsWide } from '../use-is-wide';
import { ModelBeside } from './model-beside';
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
  usePolling(health.poll, HEALTH_INTERVAL_MS);
  // The form took the place of the list, its button included.
  const isAdding = adding !== undefined;
  const wasAdding = useRef(false);
  useLayoutEffect(() => {
    const isFree = document.activeElement === document.body;
    if (wasAdding.current && !isAdding && isFree)
      box.current?.querySelector<HTMLElement>('.mm-toolbar button')?.focus();
    wasAdding.current = isAdding;
  }, [isAdding]);
  const open = (name: string): void => {
    setAdding(undefined);
    if (isWide) setBeside(name);
    else openModel(name);
  };
  return (
    <div ref={box} class="mm-panel">
      <div class="mm-switch" hidden={isAdding}>
        <ModelsPane
          models={models}
          health={health.data}
          onRefresh={refresh}
          onOpen={open}
          {...(mayWrite() && { onAdd: (file?: File) => setAdding(file ? { file } : {}) })}
        />
      </div>
      {adding && (
        <div class="mm-pane">
          <UploadForm
            models={models.data ?? []}
            {...(adding.file && { file: adding.file })}
            onStored={refresh}
            onOpen={open}
            onClose={() => setAdding(undefined)}
          />
        </div>
      )}
      {beside && <ModelBeside key={beside} name={beside} hidden={!isWide} onClose={closeBeside} />}
    </div>
  );
}
