import { t } from '../../i18n';
import { ChoiceField } from '../../widgets/choice-field';

/** Where a query reads; nothing where there is no choice. */
export function SourceSelect({
  sources,
  edge,
  value,
  onChange,
}: {
  readonly sources: readonly string[];
  /** Whose own collections `edge` means; absent = those of this Node-RED. */
  readonly edge?: string | undefined;
  readonly value: string;
  readonly onChange: (source: string) => void;
}) {
  const all = sources.includes(value) ? sources : [...sources, value];
  if (all.length < 2) return null;
  return (
    <ChoiceField
      label={t('job.form.source')}
      value={value}
      options={all.map((name) => ({
        value: name,
        text: name === 'edge' && edge !== undefined ? t('job.form.edgeSource', { edge }) : name,
      }))}
      onChange={onChange}
    />
  );
}
