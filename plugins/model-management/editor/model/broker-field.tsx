import { t } from '../i18n';
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
    <label>
      <span>{t('pipeline.broker')}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
        <option value="">{t('pipeline.ownBroker')}</option>
        {brokers.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
