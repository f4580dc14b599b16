import type { OwnEdge } from '../edges/edge-client';
import { ModelProgress } from '../edges/model-progress';
import { versionText } from '../edges/version-text';
import { t } from '../i18n';
import { OwnList } from './own-list';

/** What the hub has assigned to this Node-RED, and how that stands. */
export function OwnModels({ models }: Pick<OwnEdge, 'models'>) {
  return (
    <>
      <OwnList
        title={t('edge.own.models')}
        rows={models}
        row={(model) => <OwnModel key={model.name} model={model} />}
      />
      {models.length === 0 && <p class="mm-empty">{t('edge.own.noModels')}</p>}
    </>
  );
}

function OwnModel({ model }: { readonly model: OwnEdge['models'][number] }) {
  const { name, desired, version, state } = model;
  return (
    <li>
      <strong>{name}</strong> {version !== null && versionText(version)}
      {state !== 'running' && (
        <div class="mm-sub">
          {desired !== null && t('edge.own.wants', { version: desired })} <ModelProgress model={model} />
        </div>
      )}
    </li>
  );
}
