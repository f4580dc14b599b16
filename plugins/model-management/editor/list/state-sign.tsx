/** A state by shape, with its word for those who hover or listen. */
export function StateSign({
  kind,
  icon,
  word,
}: {
  /** Ends the class that gives the colour. */
  readonly kind: string;
  readonly icon: string;
  readonly word: string;
}) {
  return (
    <span class={`mm-state mm-state-${kind}`} role="img" aria-label={word} title={word}>
      <i class={`fa ${icon}`} aria-hidden="true" />
    </span>
  );
}
