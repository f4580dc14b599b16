import { useMemo } from 'preact/hooks';
import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { CodeEditor } from '../../widgets/code-editor';
import { fetchFile } from '../job-client';
import { type JobDraft, withScriptText } from './job-draft';

/** A script as text; what is typed is kept until the job is saved. */
export function ScriptEditor({
  draft,
  name,
  isNew,
  onDraft,
}: {
  readonly draft: JobDraft;
  readonly name: string;
  readonly isNew: boolean;
  readonly onDraft: (change: (draft: JobDraft) => JobDraft) => void;
}) {
  const source = useResource(
    async (signal) => {
      const staged = draft.staged.scripts.find(({ path }) => path === name);
      if (staged) return staged.body.text();
      const isStored = !isNew && draft.files.scripts.some(({ path }) => path === name);
      return isStored ? fetchFile(draft.name, 'scripts', name, signal) : '';
    },
    [name],
  );
  const text = useMemo(() => ({ value: source.data ?? '' }), [source.data]);
  if (source.error) return <ErrorBox error={source.error} onRetry={source.reload} />;
  if (source.data === undefined) return <Busy text={t('tray.loading', { name })} />;
  return (
    <CodeEditor
      class="mm-script-code"
      text={text}
      language="python"
      label={name}
      onChange={(value) => {
        onDraft((before) => withScriptText(before, name, value, source.data ?? ''));
      }}
    />
  );
}
