import { useId, useState } from 'preact/hooks';
import { CountRow, Row, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

const OPERATORS = ['<', '<=', '>', '>='] as const;

/** Which value is watched, and when it is too much. */
export function ThresholdRows({
  config,
  onChange,
}: {
  readonly config: EditedConfig;
  readonly onChange: (more: Partial<EditedConfig>) => void;
}) {
  const id = useId();
  const [limit, setLimit] = useState(String(config.limit));
  const isNumber = limit.trim() !== '' && Number.isFinite(Number(limit));
  return (
    <>
      <TextRow
        icon="fa-eye"
        label={nodeText('property.label')}
        value={config.property}
        onInput={(property) => onChange({ property })}
      />
      <Row icon="fa-sliders" label={nodeText('limit.label')} forId={id}>
        <select
          class="mm-operator"
          aria-label={nodeText('operator.label')}
          value={config.operator}
          onChange={({ currentTarget: { value } }) =>
            onChange({ operator: OPERATORS.find((operator) => operator === value) ?? '<' })
          }
        >
          {OPERATORS.map((operator) => (
            <option key={operator} value={operator}>
              {nodeText(`operator.${operatorWord(operator)}`)}
            </option>
          ))}
        </select>
        <input
          id={id}
          type="text"
          inputMode="decimal"
          class="mm-count"
          value={limit}
          aria-invalid={!isNumber}
          onInput={({ currentTarget: { value } }) => {
            setLimit(value);
            if (value.trim() !== '' && Number.isFinite(Number(value))) onChange({ limit: Number(value) });
          }}
        />
      </Row>
      <CountRow
        icon="fa-repeat"
        label={nodeText('forMessages.label')}
        value={config.forMessages}
        least={1}
        unit={nodeText('forMessages.unit')}
        onChange={(forMessages) => onChange({ forMessages })}
      />
    </>
  );
}

function operatorWord(operator: (typeof OPERATORS)[number]): string {
  return { '<': 'below', '<=': 'atMost', '>': 'above', '>=': 'atLeast' }[operator];
}
