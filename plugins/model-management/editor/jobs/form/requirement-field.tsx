import { useMemo, useRef, useState } from 'preact/hooks';
import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { Toggle } from '../../toggle';
import { CodeEditor } from '../../widgets/code-editor';
import { fetchFile } from '../job-client';
import { type JobDraft, withRequirements } from './job-draft';

const PATH = 'requirements.txt';

/** The packages that are installed before scripts run, written in place or taken from a file. */
export function RequirementField({
  draft,
  isNew,
  onDraft,
}: {
  readonly draft: JobDraft;
  readonly isNew: boolean;
  readonly onDraft: (change: (draft: JobDraft) => JobDraft) => void;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const isStored = !isNew && draft.files.requirements !== null;
  const stored = useResource(
    async (signal) => (isStored ? fetchFile(draft.name, 'requirements', PATH, signal) : ''),
    [isStored ? draft.name : ''],
  );
  const count = draft.staged.requirements ? t('job.file.changed') : isStored ? t('job.file.there') : t('job.file.none');
  // Folded away and opened again, it shows what was typed: that is what will be saved.
  const typed = useRef<string | undefined>(undefined);
  const text = useMemo(() => ({ value: typed.current ?? stored.data ?? '' }), [stored.data, isOpen]);
  const keep = (value: string): void => {
    typed.current = value;
    onDraft((before) => withRequirements(before, value, { text: stored.data ?? '', isStored }));
  };
  return (
    <section class="mm-form">
      <div class="mm-section-head">
        <h3>
          {t('job.form.requirements')} <span class="mm-sub">{count}</span>
        </h3>
        <Toggle open={isOpen} text={t('job.file.write')} onClick={() => setIsOpen(!isOpen)} />
      </div>
      {isOpen && stored.error && <ErrorBox error={stored.error} onRetry={stored.reload} />}
      {isOpen && !stored.data && !stored.error && stored.data !== '' && (
        <Busy text={t('tray.loading', { name: PATH })} />
      )}
      {isOpen && stored.data !== undefined && (
        <>
          <CodeEditor class="mm-short-code" text={text} language="text" label={PATH} onChange={keep} />
          <p class="mm-hint">{t('job.form.requirementsHint')}</p>
        </>
      )}
    </section>
  );
}
