import { useId } from 'preact/hooks';
import { t } from '../../i18n';

/** Where a query reads; nothing where there is no choice. */
export function SourceSelect({
  sources,
  value,
  onChange,
}: {
  readonly sources: readonly string[];
  readonly value: string;
  readonly onChange: (source: string) => void;
}) {
  const id = useId();
  const all = sources.includes(value) ? sources : [...sources, value];
  if (all.length < 2) return null;
  return (
    <label for={id}>
      <span>{t('job.form.source')}</span>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {all.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
