import { useEffect, useRef } from 'preact/hooks';

/** The platform's typed input; it owns its value after the first rendering. */
export function TypedInput({
  value,
  type,
  types,
  label,
  onChange,
}: {
  readonly value: string;
  readonly type: string;
  readonly types: readonly RedTypedInputType[];
  readonly label: string;
  readonly onChange: (value: string, type: string) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  useEffect(() => {
    const box = host.current;
    if (!box) return undefined;
    const input = $('<input type="text">').attr('aria-label', label).appendTo(box);
    const widget = input as JQuery & RedTypedInput;
    widget.typedInput({ default: type, types });
    widget.typedInput('type', type);
    widget.typedInput('value', value);
    widget.typedInput('width', '100%');
    // Node-RED 4.1 does not hand the name on to the field that it shows in place of ours.
    const nameField = (): void => {
      box.querySelector('.red-ui-typedInput-input')?.setAttribute('aria-label', label);
    };
    nameField();
    input.on('change', () => {
      nameField();
      changed.current(widget.typedInput('value'), widget.typedInput('type'));
    });
    return () => {
      input.off('change');
      // The platform's way: the widget then takes its menus, too, out of the page.
      $(box).empty();
    };
  }, []);
  return <div ref={host} class="mm-typed-input" />;
}
