import { useContext } from 'preact/hooks';
import { announce } from '../announce';
import { WRITE } from '../api';
import { type OwnEdge, retryHere } from '../edges/edge-client';
import { ModelProgress } from '../edges/model-progress';
import { RetryButton } from '../edges/retry-button';
import { versionText } from '../edges/version-text';
import { Busy } from '../feedback';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { OwnEdgeSource } from './use-own-edge';

/** What the hub has assigned to this Node-RED, and how that stands; its error is told above the list. */
export function OwnModels() {
  const own = useContext(OwnEdgeSource);
  const models = own?.data?.models;
  const page = usePage(models ?? []);
  const hasFailed = models?.some(({ state }) => state === 'failed');
  return (
    <>
      <h3>{t('edge.own.models')}</h3>
      {!models && !own?.error && <Busy text={t('list.loading')} />}
      {models?.length === 0 && <p class="mm-empty">{t('edge.own.noModels')}</p>}
      {hasFailed && RED.user.hasPermission(WRITE) && (
        <RetryButton
          retry={async (signal) => {
            await retryHere(signal);
            announce(t('edge.own.retried'));
            own?.reload();
          }}
          hint={t('edge.own.retryHint')}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ul class="mm-list" tabIndex={0} aria-label={t('edge.own.models')}>
        {page.shown.map((model) => (
          <OwnModel key={model.name} model={model} />
        ))}
      </ul>
      <PagerOfMany page={page} />
    </>
  );
}

function OwnModel({ model }: { readonly model: OwnEdge['models'][number] }) {
  const { name, desired, version, state } = model;
  return (
    <li class="mm-own-model">
      <strong>{name}</strong> {version !== null && versionText(version)}
      {state !== 'running' && (
        <div class="mm-sub">
          {desired !== null && t('edge.own.wants', { version: desired })} <ModelProgress model={model} />
        </div>
      )}
    </li>
  );
}
