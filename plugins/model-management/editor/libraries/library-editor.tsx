import { useCallback, useRef } from 'preact/hooks';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { Leave } from '../model/frame';
import type { CodeEditorHandle } from '../widgets/code-editor';
import type { LeaveGate } from '../widgets/leave-gate';
import { closeTray } from '../widgets/tray';
import { useLeaveQuestion } from '../widgets/use-leave-question';
import { Conflict } from './conflict';
import type { LibraryWithSource } from './contract';
import { isSavable, type Template, wouldLose } from './library-draft';
import { LibraryHead } from './library-head';
import { LibraryNotices } from './library-notices';
import type { LibraryTrayOptions } from './library-tray';
import { RevisionList } from './revision-list';
import { mayWriteLibraries } from './rights';
import { SourceField } from './source-field';
import { TestPanel } from './test-panel';
import { useLibrary } from './use-library';

/** Everything about one library: what is typed here meets what others store only where the person chooses so. */
export function LibraryEditor({
  name,
  template,
  gate,
  onStored,
  onOpen,
}: {
  readonly name: string;
  readonly template?: Template;
  readonly gate: LeaveGate;
  readonly onStored: (library: LibraryWithSource) => void;
  readonly onOpen: (options: LibraryTrayOptions) => void;
}) {
  const library = useLibrary(name, template, onStored);
  const code = useRef<CodeEditorHandle>(null);
  const question = useLeaveQuestion(gate, library.draft !== undefined && wouldLose(library.draft));
  const leave = useCallback(() => new Promise<void>((left) => gate.ask(() => void closeTray().then(left))), [gate]);
  const { draft, error, dispatch } = library;
  if (!draft) {
    return error ? <ErrorBox error={error} onRetry={library.reload} /> : <Busy text={t('tray.loading', { name })} />;
  }
  const mayWrite = mayWriteLibraries();
  const mayChange = mayWrite && !draft.base?.builtIn;
  const goTo: CodeEditorHandle['goTo'] = (line, column) => code.current?.goTo(line, column);
  return (
    <Leave.Provider value={leave}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles */}
      <div
        class="mm-detail"
        role="group"
        aria-label={t('library.title', { name })}
        onKeyDown={(event) => {
          if (event.key !== 's' || !(event.ctrlKey || event.metaKey) || !mayChange) return;
          event.preventDefault();
          if (!event.repeat && isSavable(draft)) library.save();
        }}
      >
        {question && (
          <Question confirm={t('library.leave.confirm')} danger onConfirm={question.leave} onCancel={question.stay}>
            <p>{t('library.leave.effect', { name })}</p>
          </Question>
        )}
        <LibraryHead name={name} draft={draft} mayChange={mayChange} onOpen={onOpen} />
        <LibraryNotices draft={draft} onGoTo={goTo} />
        {draft.theirs && (
          <Conflict
            theirs={draft.theirs}
            mine={draft}
            base={draft.base?.revision}
            onTake={() => dispatch({ kind: 'theirsTaken' })}
            onReplace={() => library.save(draft.theirs?.revision)}
          />
        )}
        <div class="mm-library-work">
          <SourceField draft={draft} library={library} mayChange={mayChange} code={code} onGoTo={goTo} />
          {mayWrite && <TestPanel name={name} source={draft.source} onGoTo={goTo} />}
        </div>
        {(draft.base ? !draft.base.builtIn : draft.isGone) && (
          <RevisionList name={name} draft={draft} {...(mayChange && { onRestore: library.restore })} />
        )}
      </div>
    </Leave.Provider>
  );
}
