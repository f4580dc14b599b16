import { useCallback, useContext, useState } from 'preact/hooks';
import { useOtherEdges } from '../edges/use-other-edges';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useModelChanges, usePolling, useResource } from '../live';
import { fetchHealth, fetchModel } from '../registry-client';
import { ActivitySection } from './activity-section';
import { Leave } from './frame';
import { LiveFigures } from './live-figures';
import { MetricChart } from './metric-chart';
import { ModelActions } from './model-actions';
import { type EdgeForm, ModelEdges } from './model-edges';
import { ModelHeader } from './model-header';
import { VersionSection } from './version-section';
import { VersionTable } from './version-table';

const HEALTH_INTERVAL_MS = 2_000;

/** Everything about one model; follows every change of it. */
export function ModelDetail({ name }: { readonly name: string }) {
  const model = useResource((signal) => fetchModel(name, signal), [name]);
  const health = useResource(fetchHealth, []);
  const leave = useContext(Leave);
  const [shown, setShown] = useState<number>();
  const [edgeForm, setEdgeForm] = useState<EdgeForm>();
  const edges = useOtherEdges(model.data, edgeForm !== undefined);
  const refresh = useCallback(() => {
    model.reload();
    health.reload();
  }, [model.reload, health.reload]);
  useModelChanges(refresh);
  usePolling(health.poll, HEALTH_INTERVAL_MS);

  const { data } = model;
  if (!data) {
    return model.error ? (
      <ErrorBox error={model.error} onRetry={refresh} />
    ) : (
      <Busy text={t('tray.loading', { name })} onCancel={model.cancel} />
    );
  }
  // A version that was chosen and then deleted gives way to the one in service.
  const chosen = data.versions.some(({ version }) => version === shown) ? shown : undefined;
  const version = chosen ?? data.aliases.deployed ?? data.latestVersion;
  return (
    <div class="mm-detail">
      {model.error && <ErrorBox error={model.error} onRetry={refresh} />}
      <ModelHeader model={data} health={health.data} onChanged={refresh} />
      <MetricChart model={data} onShow={setShown} />
      <VersionTable
        model={data}
        shown={version}
        onShow={setShown}
        {...(edges.length > 0 && { onRollOut: (chosen: number) => setEdgeForm({ kind: 'rollout', version: chosen }) })}
        onChanged={refresh}
      />
      {version && (
        <VersionSection
          key={version}
          model={data.name}
          version={version}
          onEdit={() => setShown(version)}
          onChanged={refresh}
        />
      )}
      <LiveFigures model={data} health={health.data} />
      <ModelEdges model={data} edges={edges} form={edgeForm} onForm={setEdgeForm} onChanged={refresh} />
      <ActivitySection model={data} engine={health.data?.engine} />
      <ModelActions model={data} onChanged={refresh} onGone={() => void leave()} />
    </div>
  );
}
