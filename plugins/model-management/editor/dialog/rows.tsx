import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';

/** The platform's form row: icon and label at the left, the field at the right. */
export function Row({
  icon,
  label,
  forId,
  children,
}: {
  readonly icon: string;
  readonly label: string;
  readonly forId?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="form-row mm-form-row">
      {forId ? (
        <label class="mm-label" for={forId}>
          <i class={`fa ${icon}`} aria-hidden="true" /> {label}
        </label>
      ) : (
        <span class="mm-label">
          <i class={`fa ${icon}`} aria-hidden="true" /> {label}
        </span>
      )}
      <div class="mm-field">{children}</div>
    </div>
  );
}

export function TextRow({
  icon,
  label,
  value,
  placeholder,
  onInput,
}: {
  readonly icon: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onInput: (value: string) => void;
}) {
  const id = useId();
  return (
    <Row icon={icon} label={label} forId={id}>
      <input
        id={id}
        type="text"
        value={value}
        spellcheck={false}
        placeholder={placeholder ?? ''}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Row>
  );
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export function ChoiceRow({
  icon,
  label,
  value,
  options,
  onChange,
  children,
}: {
  readonly icon: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly Choice[];
  readonly onChange: (value: string) => void;
  readonly children?: ComponentChildren;
}) {
  const id = useId();
  return (
    <Row icon={icon} label={label} forId={id}>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(({ value: one, text }) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
      {children}
    </Row>
  );
}

/** A whole number; what is not one is marked and not taken over. */
export function CountRow({
  icon,
  label,
  value,
  least,
  unit,
  onChange,
}: {
  readonly icon: string;
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly unit?: string;
  readonly onChange: (value: number) => void;
}) {
  const id = useId();
  const [text, setText] = useState(String(value));
  const isCount = /^\d{1,15}$/.test(text) && Number(text) >= least;
  return (
    <Row icon={icon} label={label} forId={id}>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        class="mm-count"
        value={text}
        aria-invalid={!isCount}
        onInput={({ currentTarget: { value: typed } }) => {
          setText(typed);
          if (/^\d{1,15}$/.test(typed) && Number(typed) >= least) onChange(Number(typed));
        }}
      />
      {unit && <span>{unit}</span>}
    </Row>
  );
}
