import type { Model, VersionSummary } from '../contract';
import { t } from '../i18n';
import { mayWrite } from '../rights';
import { DownloadButton } from './download-button';
import type { Asked } from './version-question';

/** What can be done with one version, at the end of its row. */
export function VersionActions({
  model,
  version: { version },
  onAsk,
}: {
  readonly model: Model;
  readonly version: VersionSummary;
  readonly onAsk: (what: Asked) => void;
}) {
  const isDeployed = model.aliases.deployed === version;
  const canWrite = mayWrite();
  // The server keeps the deployed version and the one a rollback needs.
  const isKept = isDeployed || model.rollbackVersion === version;
  return (
    <div class="mm-actions">
      {isDeployed && (
        <span class="mm-deployed">
          <i class="fa fa-check" aria-hidden="true" /> {t('version.isDeployed')}
        </span>
      )}
      {!isDeployed && canWrite && (
        <button
          type="button"
          class="red-ui-button red-ui-button-small"
          aria-label={t('action.deployVersion', { version })}
          onClick={() => onAsk({ kind: 'deploy' })}
        >
          {t('action.deploy')}
        </button>
      )}
      {canWrite && (
        <IconButton icon="fa-tag" label={t('alias.add', { version })} onClick={() => onAsk({ kind: 'alias' })} />
      )}
      <DownloadButton model={model.name} version={version} kind="file" />
      {canWrite && !isKept && (
        <IconButton
          icon="fa-trash-o"
          label={t('action.deleteVersion', { version })}
          onClick={() => onAsk({ kind: 'delete' })}
        />
      )}
    </div>
  );
}

function IconButton({
  icon,
  label,
  onClick,
}: {
  readonly icon: string;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="red-ui-button red-ui-button-small" aria-label={label} title={label} onClick={onClick}>
      <i class={`fa ${icon}`} aria-hidden="true" />
    </button>
  );
}
