import { useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useLibraryChanges, useResource } from '../live';
import { fetchRevisions } from './library-client';
import type { Draft, Typed } from './library-draft';
import { RevisionPanel } from './revision-panel';
import { RevisionRow } from './revision-row';

/** What may be done with a revision; the answer opens below its row. */
export type RevisionTask = 'compare' | 'restore';

/** Every revision, newest first: to look at, to compare and to go back to. */
export function RevisionList({
  name,
  draft,
  onRestore,
}: {
  readonly name: string;
  readonly draft: Draft;
  /** Absent: the user may not change libraries. */
  readonly onRestore?: (typed: Typed) => void;
}) {
  const { data, error, reload } = useResource((signal) => fetchRevisions(name, signal), [name]);
  const [asked, setAsked] = useState<{ readonly task: RevisionTask; readonly revision: number }>();
  useLibraryChanges(reload);
  const close = (): void => setAsked(undefined);
  return (
    <section aria-label={t('library.revisions')}>
      <h3>{t('library.revisions')}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('library.loadingRevisions')} />}
      <ul class="mm-revisions">
        {data?.map((revision, at) => (
          <RevisionRow
            key={revision.revision}
            revision={revision}
            isCurrent={revision.revision === draft.base?.revision}
            canRestore={onRestore !== undefined}
            open={asked?.revision === revision.revision ? asked.task : undefined}
            onAsk={(task) =>
              setAsked(
                asked?.task === task && asked.revision === revision.revision
                  ? undefined
                  : { task, revision: revision.revision },
              )
            }
          >
            {asked?.revision === revision.revision && (
              <RevisionPanel
                name={name}
                revision={revision.revision}
                older={data[at + 1]}
                task={asked.task}
                draft={draft}
                onRestore={(typed) => {
                  close();
                  onRestore?.(typed);
                }}
                onClose={close}
              />
            )}
          </RevisionRow>
        ))}
      </ul>
    </section>
  );
}
