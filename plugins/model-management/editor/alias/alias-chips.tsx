import type { Model, VersionSummary } from '../contract';
import { t } from '../i18n';
import { mayWrite } from '../rights';

/** The names of a version, the computed `latest` too; one's own names can be taken away. */
export function AliasChips({
  model: { latestVersion },
  version: { version, aliases },
  onDelete,
}: {
  readonly model: Pick<Model, 'latestVersion'>;
  readonly version: VersionSummary;
  readonly onDelete: (alias: string) => void;
}) {
  const canWrite = mayWrite();
  return (
    <>
      {aliases.map((alias: string) => (
        <span class="mm-alias" key={alias}>
          {alias}
          {canWrite && alias !== 'deployed' && (
            <button
              type="button"
              class="mm-chip-button"
              aria-label={t('alias.delete', { alias })}
              title={t('alias.delete', { alias })}
              onClick={() => onDelete(alias)}
            >
              <i class="fa fa-times" aria-hidden="true" />
            </button>
          )}
        </span>
      ))}
      {version === latestVersion && (
        <span class="mm-alias mm-computed" title={t('alias.computed')}>
          {t('alias.latest')}
        </span>
      )}
    </>
  );
}
