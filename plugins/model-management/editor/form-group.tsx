import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { useReveal } from './reveal';

/** Fields with one action, by button or Enter. Not a `form`: node dialogs are one already, and forms do not nest. */
export function FormGroup({
  class: className,
  label,
  onSubmit,
  onEscape,
  children,
}: {
  readonly class: string;
  readonly label: string;
  readonly onSubmit: () => void;
  /** Where nothing is lost by it. */
  readonly onEscape?: () => void;
  readonly children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useReveal(box);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div
      ref={box}
      class={className}
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && onEscape) {
          event.stopPropagation();
          onEscape();
        }
        const isField = event.target instanceof HTMLInputElement && event.target.type !== 'file';
        if (event.key !== 'Enter' || !isField) return;
        event.preventDefault();
        // The platform's keyboard looks for the field's parents, which the action may have taken away.
        event.stopPropagation();
        onSubmit();
      }}
    >
      {children}
    </div>
  );
}
