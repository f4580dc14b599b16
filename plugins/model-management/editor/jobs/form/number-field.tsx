import { useId, useState } from 'preact/hooks';

/** A number, or nothing; what is neither is marked and not taken over. */
export function NumberField({
  label,
  value,
  unit,
  onChange,
}: {
  readonly label: string;
  readonly value: number | undefined;
  readonly unit?: string;
  readonly onChange: (value: number | undefined) => void;
}) {
  const id = useId();
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const number = Number(text);
  const isGood = text.trim() === '' || Number.isFinite(number);
  return (
    <label class="mm-number-field" for={id}>
      <span>{label}</span>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        class="mm-count"
        value={text}
        aria-invalid={!isGood}
        onInput={({ currentTarget: { value: typed } }) => {
          setText(typed);
          if (typed.trim() === '') onChange(undefined);
          else if (Number.isFinite(Number(typed))) onChange(Number(typed));
        }}
      />
      {unit && <span>{unit}</span>}
    </label>
  );
}
