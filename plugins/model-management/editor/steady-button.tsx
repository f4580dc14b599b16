import type { ComponentChildren } from 'preact';

/** A button that keeps its place and the focus while it cannot be used: a disabled one would lose both. */
export function SteadyButton({
  primary,
  off,
  onClick,
  children,
}: {
  readonly primary?: boolean;
  /** It does nothing now. */
  readonly off: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class={`red-ui-button ${primary ? 'primary' : ''}`}
      aria-disabled={off}
      onClick={() => off || onClick()}
    >
      {children}
    </button>
  );
}
