import { useId } from 'preact/hooks';

/** A label and a line of text. */
export function TextField({
  label,
  value,
  placeholder = '',
  isWrong = false,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly isWrong?: boolean;
  readonly onInput: (value: string) => void;
}) {
  const id = useId();
  return (
    <label for={id}>
      <span>{label}</span>
      <input
        id={id}
        type="text"
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autoComplete="off"
        aria-invalid={isWrong}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
