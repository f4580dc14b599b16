import { useEffect, useRef } from 'preact/hooks';

/** The platform's code editor in JSON mode. It owns its text: a changed `initial` replaces what was typed. */
export function JsonEditor({
  initial,
  label,
  onChange,
}: {
  readonly initial: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  useEffect(() => {
    if (!host.current) return undefined;
    const element = document.createElement('div');
    element.className = 'mm-code';
    host.current.append(element);
    const editor = RED.editor.createEditor({ element, mode: 'ace/mode/json', value: initial });
    changed.current(initial);
    editor.getSession().on('change', () => changed.current(editor.getValue()));
    return () => {
      editor.destroy();
      element.remove();
    };
  }, [initial]);
  // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
  return <div ref={host} role="group" aria-label={label} />;
}
