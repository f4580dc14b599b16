import { t } from '../i18n';
import { ChoiceField } from '../widgets/choice-field';
import type { brokersOf } from './flow-import';

/** Which broker a generated flow uses: one the flows have, or one of its own. */
export function BrokerField({
  brokers,
  value,
  onChange,
}: {
  readonly brokers: ReturnType<typeof brokersOf>;
  /** Absent: a new one. */
  readonly value: string | undefined;
  readonly onChange: (brokerId: string | undefined) => void;
}) {
  return (
    <ChoiceField
      label={t('pipeline.broker')}
      value={value ?? ''}
      options={[
        { value: '', text: t('pipeline.ownBroker') },
        ...brokers.map(({ id, label }) => ({ value: id, text: label })),
      ]}
      onChange={(id) => onChange(id || undefined)}
    />
  );
}
