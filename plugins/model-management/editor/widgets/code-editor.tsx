import type { Ref } from 'preact';
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { releaseTab } from './tab-release';

/** What a code editor does when it is asked. */
export interface CodeEditorHandle {
  /** Puts the cursor there, in sight. Line and column count from 1. */
  readonly goTo: (line: number, column?: number) => void;
}

interface CodeEditorProps {
  /** The editor owns its text: another object replaces what was typed. */
  readonly text: { readonly value: string };
  readonly language: 'json' | 'javascript' | 'python' | 'sql' | 'text';
  readonly label: string;
  readonly class?: string;
  readonly readOnly?: boolean;
  readonly onChange: (text: string) => void;
  readonly handle?: Ref<CodeEditorHandle>;
}

/** The platform's code editor, which is Monaco, Ace or a plain one. */
export function CodeEditor({ text, language, label, class: className, readOnly, onChange, handle }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<RedCodeEditor | undefined>(undefined);
  const hintId = useId();
  const changed = useRef(onChange);
  changed.current = onChange;
  // A layout effect is cleaned at once, any other only after the next frame. By then the platform, which closes a tray, has
  // ended the code editors that it found without a page, and works on with them.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const element = document.createElement('div');
    element.className = 'mm-code';
    host.current.append(element);
    const created = RED.editor.createEditor({
      element,
      mode: `ace/mode/${language}`,
      value: text.value,
      // These work on after their editor has gone, and throw. The texts are short.
      stickyScroll: { enabled: false },
      occurrencesHighlight: 'off',
      // Else a worker tells what folds, maybe only once the editor has gone; that threw, too.
      foldingStrategy: 'indentation',
    });
    created.getSession().on('change', () => changed.current(created.getValue()));
    editor.current = created;
    const holdTab = releaseTab(host.current);
    return () => {
      holdTab();
      editor.current = undefined;
      // The platform sets the mode when an element comes into sight, even of an editor that has gone.
      created.setMode = () => undefined;
      created.destroy();
      // The platform hears a moment later that its element is out of sight, and works on it while it has a parent.
      element.replaceChildren();
      element.remove();
    };
  }, [language]);
  useEffect(() => {
    if (!editor.current || editor.current.getValue() === text.value) return;
    editor.current.setValue(text.value);
    changed.current(text.value);
  }, [text]);
  useEffect(() => editor.current?.setReadOnly(readOnly ?? false), [readOnly]);
  useImperativeHandle(
    handle ?? null,
    (): CodeEditorHandle => ({
      goTo: (line, column = 1) => editor.current && goTo(editor.current, line, column),
    }),
    [],
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div class={`mm-code-field ${className ?? ''}`} role="group" aria-label={label} aria-describedby={hintId}>
      <div ref={host} />
      <p id={hintId} class="mm-code-hint">
        {t('code.leave')}
      </p>
    </div>
  );
}

/** In JSON; a changed `initial` replaces what was typed. */
export function JsonEditor({
  initial,
  label,
  onChange,
}: {
  readonly initial: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
}) {
  const text = useMemo(() => ({ value: initial }), [initial]);
  return <CodeEditor text={text} language="json" label={label} onChange={onChange} />;
}

function goTo(editor: RedCodeEditor, line: number, column: number): void {
  // Ace counts rows from 1, the others from 0.
  editor.gotoLine(line - 1, column - 1);
  if (editor.getCursorPosition().row !== line - 1) editor.gotoLine(line, column - 1);
  editor.revealLineInCenterIfOutsideViewport?.(line);
  editor.focus();
}
