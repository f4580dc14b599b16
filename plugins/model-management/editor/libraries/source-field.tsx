import type { Ref } from 'preact';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import type { TaskState } from '../live';
import { SteadyButton } from '../steady-button';
import { CodeEditor, type CodeEditorHandle } from '../widgets/code-editor';
import { FaultBox, faultOf } from './fault-box';
import { type Draft, isChanged, isSavable, isUnsaved } from './library-draft';
import type { OpenLibrary } from './use-library';

/** Description and source, with what saving says of them. */
export function SourceField({
  draft,
  library: { dispatch, save, saving, cancel },
  mayChange,
  code,
  onGoTo,
}: {
  readonly draft: Draft;
  readonly library: OpenLibrary;
  readonly mayChange: boolean;
  readonly code: Ref<CodeEditorHandle>;
  readonly onGoTo: CodeEditorHandle['goTo'];
}) {
  const isBusy = saving.status === 'busy';
  return (
    <section class="mm-form mm-library-source" aria-label={t('library.source')}>
      {mayChange ? (
        <label>
          <span>{t('upload.description')}</span>
          <input
            type="text"
            value={draft.description}
            placeholder={t('library.descriptionHint')}
            onInput={(event) => dispatch({ kind: 'typed', description: event.currentTarget.value })}
          />
        </label>
      ) : (
        draft.description && <p>{draft.description}</p>
      )}
      <CodeEditor
        class="mm-library-code"
        text={draft.text}
        language="javascript"
        label={t('library.source')}
        readOnly={!mayChange}
        onChange={(source) => dispatch({ kind: 'typed', source })}
        handle={code}
      />
      {mayChange && (
        <div class="mm-buttons">
          <SteadyButton primary off={isBusy || !isSavable(draft)} onClick={() => save()}>
            {t('library.save')}
          </SteadyButton>
          <SteadyButton off={isBusy || !isChanged(draft)} onClick={() => dispatch({ kind: 'discarded' })}>
            {t('library.discard')}
          </SteadyButton>
          <span class="mm-sub" role="status">
            {t(isUnsaved(draft) ? 'library.unsaved' : 'library.saved')}
          </span>
        </div>
      )}
      {isBusy && <Busy text={t('library.saving')} onCancel={cancel} />}
      <SaveFailure saving={saving} onGoTo={onGoTo} />
    </section>
  );
}

/** What moved is told above, with what can be done about it. */
function SaveFailure({ saving, onGoTo }: { readonly saving: TaskState; readonly onGoTo: CodeEditorHandle['goTo'] }) {
  if (saving.status !== 'failed' || saving.error.code === 'LIBRARY_MOVED') return null;
  if (saving.error.code !== 'INVALID_LIBRARY') return <ErrorBox error={saving.error} />;
  return <FaultBox fault={faultOf(saving.error)} hint={saving.error.hint} onGoTo={onGoTo} />;
}
