import { useCallback } from 'preact/hooks';
import { fetchOwnEdge } from '../edges/edge-client';
import { versionText } from '../edges/version-text';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { useEdgeChanges, usePolling, useResource } from '../live';

const MODELS_INTERVAL_MS = 5_000;

/** What the hub has brought to this Node-RED. */
export function OwnModels() {
  const { data, error, reload, poll } = useResource(fetchOwnEdge, []);
  useEdgeChanges(useCallback(() => reload(), [reload]));
  usePolling(poll, MODELS_INTERVAL_MS);
  const page = usePage(data?.models ?? []);
  return (
    <>
      <h3>{t('edge.own.models')}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('list.loading')} />}
      {data?.models.length === 0 && <p class="mm-empty">{t('edge.own.noModels')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ul class="mm-list" tabIndex={0} aria-label={t('edge.own.models')}>
        {page.shown.map(({ name, version }) => (
          <li key={name} class="mm-own-model">
            <strong>{name}</strong> {versionText(version)}
          </li>
        ))}
      </ul>
      {page.total > page.shown.length && <Pager page={page} />}
    </>
  );
}
