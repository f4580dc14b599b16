import { useState } from 'preact/hooks';
import { AuditLog } from '../audit/audit-log';
import type { Model } from '../contract';
import { t } from '../i18n';
import { mayWrite } from '../rights';
import { DeleteModel } from './delete-model';
import { DeployPanel } from './deploy-panel';
import { PipelineForm } from './pipeline-form';

type Action = 'rollback' | 'pipeline' | 'delete' | 'audit';

/** What can be done with the whole model; the question opens below the buttons. */
export function ModelActions({
  model,
  onChanged,
  onGone,
}: {
  readonly model: Model;
  readonly onChanged: () => void;
  readonly onGone: () => void;
}) {
  const [action, setAction] = useState<Action>();
  const close = (): void => setAction(undefined);
  const target = model.rollbackVersion;
  const canWrite = mayWrite();
  const canImport = RED.user.hasPermission('flows.write') && model.versions.length > 0;
  return (
    <footer class="mm-foot">
      <div class="mm-buttons">
        {canWrite && target !== null && (
          <ActionButton
            icon="fa-undo"
            text={t('action.rollBack', { version: target })}
            onClick={() => setAction('rollback')}
          />
        )}
        {canImport && (
          <ActionButton icon="fa-sitemap" text={t('action.createPipeline')} onClick={() => setAction('pipeline')} />
        )}
        {canWrite && (
          <ActionButton icon="fa-trash-o" text={t('action.deleteModel')} onClick={() => setAction('delete')} />
        )}
        <ActionButton
          icon="fa-history"
          text={t('audit.title')}
          isOpen={action === 'audit'}
          onClick={() => setAction(action === 'audit' ? undefined : 'audit')}
        />
      </div>
      {action === 'audit' && <AuditLog model={model.name} />}
      {action === 'rollback' && target !== null && (
        <DeployPanel model={model} target={{ kind: 'rollback', version: target }} onDone={onChanged} onClose={close} />
      )}
      {action === 'pipeline' && <PipelineForm model={model.name} onClose={close} />}
      {action === 'delete' && <DeleteModel model={model} onGone={onGone} onClose={close} />}
    </footer>
  );
}

function ActionButton({
  icon,
  text,
  isOpen,
  onClick,
}: {
  readonly icon: string;
  readonly text: string;
  /** Of a button that shows a section. */
  readonly isOpen?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class={`red-ui-button ${isOpen ? 'mm-open' : ''}`}
      {...(isOpen !== undefined && { 'aria-expanded': isOpen })}
      onClick={onClick}
    >
      <i class={`fa ${icon}`} aria-hidden="true" /> {text}
    </button>
  );
}
