import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Takes one file dropped anywhere on it; the keyboard's way is the button of the same form. */
export function DropZone({
  class: className,
  hint,
  disabled,
  onFile,
  children,
}: {
  readonly class: string;
  /** Shown while a file is held over it. */
  readonly hint: string;
  readonly disabled?: boolean;
  readonly onFile: (file: File) => void;
  readonly children: ComponentChildren;
}) {
  const [over, setOver] = useState(false);
  const accept = (event: DragEvent): boolean => {
    if (disabled || !holdsFiles(event)) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way, for the pointer only
    <div
      class={`${className} ${over ? 'mm-drop-over' : ''}`}
      onDragEnter={(event) => accept(event) && setOver(true)}
      onDragOver={accept}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)}
      onDrop={(event) => {
        if (!accept(event)) return;
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      {children}
      {over && <div class="mm-drop-hint">{hint}</div>}
    </div>
  );
}
