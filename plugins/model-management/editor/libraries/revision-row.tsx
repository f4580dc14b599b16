import type { ComponentChildren } from 'preact';
import { Age } from '../age';
import { formatBytes } from '../format';
import { t } from '../i18n';
import type { LibraryRevision } from './contract';
import type { RevisionTask } from './revision-list';

export function RevisionRow({
  revision: { revision, at, user, description, sizeBytes, deleted },
  isCurrent,
  canRestore,
  open,
  onAsk,
  children,
}: {
  readonly revision: LibraryRevision;
  readonly isCurrent: boolean;
  readonly canRestore: boolean;
  readonly open: RevisionTask | undefined;
  readonly onAsk: (task: RevisionTask) => void;
  readonly children: ComponentChildren;
}) {
  return (
    <li>
      <div class="mm-revision">
        <strong>{t('library.revision', { revision })}</strong>
        <span class="mm-sub">
          {at === null ? t('library.state.builtIn') : <Age at={at} />}
          {user && ` · ${user}`}
          {deleted ? ` · ${t('library.deletedEntry')}` : ` · ${formatBytes(sizeBytes, RED.i18n.lang())}`}
          {description && ` · ${description}`}
        </span>
        <span class="mm-actions">
          {isCurrent && <span class="mm-alias">{t('library.current')}</span>}
          {!deleted && (
            <TaskButton
              text={t('library.compare')}
              label={t('library.compareRevision', { revision })}
              open={open === 'compare'}
              onClick={() => onAsk('compare')}
            />
          )}
          {!deleted && !isCurrent && canRestore && (
            <TaskButton
              text={t('library.restore')}
              label={t('library.restoreRevision', { revision })}
              open={open === 'restore'}
              onClick={() => onAsk('restore')}
            />
          )}
        </span>
      </div>
      {children}
    </li>
  );
}

function TaskButton({
  text,
  label,
  open,
  onClick,
}: {
  readonly text: string;
  readonly label: string;
  readonly open: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={label}
      aria-expanded={open}
      onClick={onClick}
    >
      {text}
    </button>
  );
}
