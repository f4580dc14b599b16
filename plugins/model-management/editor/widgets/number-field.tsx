import { useId, useState } from 'preact/hooks';

/** A number, or nothing; what is neither is marked, not taken over, and keeps the form from being saved. */
export function NumberField({
  label,
  value,
  unit,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
  isWhole = false,
  isNeeded = false,
  onChange,
}: {
  readonly label: string;
  readonly value: number | undefined;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly isWhole?: boolean;
  /** Nothing is no answer. */
  readonly isNeeded?: boolean;
  readonly onChange: (value: number | undefined) => void;
}) {
  const id = useId();
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const isGood = (typed: string): boolean => {
    if (typed.trim() === '') return !isNeeded;
    const number = Number(typed);
    return Number.isFinite(number) && number >= min && number <= max && (!isWhole || Number.isInteger(number));
  };
  return (
    <label class="mm-number-field" for={id}>
      <span>{label}</span>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        class="mm-count"
        value={text}
        aria-invalid={!isGood(text)}
        onInput={({ currentTarget: { value: typed } }) => {
          setText(typed);
          if (isGood(typed)) onChange(typed.trim() === '' ? undefined : Number(typed));
        }}
      />
      {unit && <span>{unit}</span>}
    </label>
  );
}
