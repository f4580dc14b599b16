import { useState } from 'preact/hooks';
import type { Model, Version } from '../contract';
import { t } from '../i18n';
import { DeployPanel } from '../model/deploy-panel';
import { SignatureFacts } from '../model/signature-facts';
import { mayWrite } from '../rights';

/** The good end of an upload: what the model takes and gives, and the step to put it in service. */
export function StoredVersion({
  version,
  models,
  onOpen,
}: {
  readonly version: Version;
  readonly models: readonly Model[];
  readonly onOpen: ((name: string) => void) | undefined;
}) {
  const [asked, setAsked] = useState(false);
  const model = models.find(({ name }) => name === version.model);
  // As it is now: somebody may deploy another version, or roll back, while this still stands here.
  const current = model?.versions.find((one) => one.version === version.version) ?? version;
  const deployed = current.aliases.some((alias) => alias === 'deployed');
  const values = { name: version.model, version: version.version };
  return (
    <div class="mm-stored">
      <p role="status">{t(deployed ? 'upload.deployed' : 'upload.stored', values)}</p>
      <SignatureFacts version={version} />
      {asked && !deployed && model && (
        <DeployPanel
          model={model}
          target={{ kind: 'deploy', version: version.version }}
          onDone={() => setAsked(false)}
          onClose={() => setAsked(false)}
        />
      )}
      <div class="mm-buttons">
        {!deployed && !asked && model && mayWrite() && (
          <button type="button" class="red-ui-button primary" onClick={() => setAsked(true)}>
            {t('action.deployNow')}
          </button>
        )}
        {onOpen && (
          <button type="button" class="red-ui-button" onClick={() => onOpen(version.model)}>
            {t('action.open', { name: version.model })}
          </button>
        )}
      </div>
    </div>
  );
}
