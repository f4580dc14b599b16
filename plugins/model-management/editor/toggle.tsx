/** A button that opens and closes a section. */
export function Toggle({
  open,
  text,
  label = text,
  onClick,
}: {
  readonly open: boolean;
  readonly text: string;
  /** In full, for those who do not see where it stands. */
  readonly label?: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class={`red-ui-button ${open ? 'mm-open' : ''}`}
      aria-expanded={open}
      aria-label={label}
      onClick={onClick}
    >
      {text}
    </button>
  );
}
