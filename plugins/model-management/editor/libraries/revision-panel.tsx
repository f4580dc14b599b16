import { useId, useState } from 'preact/hooks';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useResource } from '../live';
import { useSettled } from '../use-settled';
import type { LibraryRevision } from './contract';
import { DiffView } from './diff-view';
import { fetchRevision } from './library-client';
import { type Draft, isChanged, type Typed } from './library-draft';
import type { RevisionTask } from './revision-list';

/** Below a revision: what restoring it would change, or what it changed itself; or the question whether to restore. */
export function RevisionPanel({
  name,
  revision,
  older,
  task,
  draft,
  onRestore,
  onClose,
}: {
  readonly name: string;
  readonly revision: number;
  /** The entry before it. */
  readonly older: LibraryRevision | undefined;
  readonly task: RevisionTask;
  readonly draft: Draft;
  readonly onRestore: (typed: Typed) => void;
  readonly onClose: () => void;
}) {
  const { data, error, reload } = useResource((signal) => fetchRevision(name, revision, signal), [name, revision]);
  if (error) return <ErrorBox error={error} onRetry={reload} />;
  if (!data) return <Busy text={t('library.loadingRevision', { revision })} />;
  const typed: Typed = { source: data.source ?? '', description: data.description };
  if (task === 'compare') {
    return <Comparison name={name} revision={revision} source={typed.source} older={older} draft={draft} />;
  }
  return (
    <Question
      confirm={t('library.restoreRevision', { revision })}
      danger={isChanged(draft)}
      onConfirm={() => onRestore(typed)}
      onCancel={onClose}
    >
      <p>{t('library.restoreEffect', { revision })}</p>
      {isChanged(draft) && <p>{t('library.restoreLoses')}</p>}
    </Question>
  );
}

function Comparison({
  name,
  revision,
  source,
  older,
  draft,
}: {
  readonly name: string;
  readonly revision: number;
  readonly source: string;
  readonly older: LibraryRevision | undefined;
  readonly draft: Draft;
}) {
  const id = useId();
  const typed = useSettled(draft.source);
  const [against, setAgainst] = useState<'text' | 'older'>('text');
  const hasOlder = older !== undefined && !older.deleted;
  const before = useResource(
    async (signal) => (against === 'older' && older ? await fetchRevision(name, older.revision, signal) : undefined),
    [name, against, older?.revision ?? 0],
  );
  const own = t('library.revision', { revision });
  return (
    <>
      {hasOlder && (
        <p class="mm-sub">
          <label for={id}>{t('library.diff.against')}</label>{' '}
          <select
            id={id}
            value={against}
            onChange={(event) => setAgainst(event.currentTarget.value === 'older' ? 'older' : 'text')}
          >
            <option value="text">{t('library.diff.text')}</option>
            <option value="older">{t('library.diff.older', { revision: older.revision })}</option>
          </select>
        </p>
      )}
      {before.error && <ErrorBox error={before.error} onRetry={before.reload} />}
      {against === 'text' && (
        <DiffView before={source} after={typed} beforeName={own} afterName={t('library.diff.mine')} />
      )}
      {against === 'older' && before.data && (
        <DiffView
          before={before.data.source ?? ''}
          after={source}
          beforeName={t('library.revision', { revision: before.data.revision })}
          afterName={own}
        />
      )}
    </>
  );
}
