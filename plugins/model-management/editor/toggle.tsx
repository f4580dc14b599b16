/** A button that opens and closes a section. */
export function Toggle({
  open,
  text,
  onClick,
}: {
  readonly open: boolean;
  readonly text: string;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class={`red-ui-button ${open ? 'mm-open' : ''}`} aria-expanded={open} onClick={onClick}>
      {text}
    </button>
  );
}
