import { ChoiceRow, CountRow } from '../../../plugins/model-management/editor/dialog/rows';
import type { PartProps } from './part-props';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

const overflows = ['error', 'dropOldest', 'keepNewest'] as const satisfies readonly EditedConfig['queue']['overflow'][];

/** How long a message may take and how many may wait; folded away, as the defaults do for most. */
export function LimitFields({ config: { timeoutMs, queue }, change }: PartProps) {
  return (
    <details class="mm-limits">
      <summary>{nodeText('limits')}</summary>
      <CountRow
        icon="fa-clock-o"
        label={nodeText('timeout.label')}
        value={timeoutMs}
        least={0}
        unit={nodeText('timeout.unit')}
        onChange={(value) => change({ timeoutMs: value })}
      />
      <CountRow
        icon="fa-hourglass-half"
        label={nodeText('queue.max')}
        value={queue.max}
        least={0}
        unit={nodeText('queue.unit')}
        onChange={(max) => change({ queue: { ...queue, max } })}
      />
      <ChoiceRow
        icon="fa-filter"
        label={nodeText('queue.overflow')}
        value={queue.overflow}
        options={overflows.map((value) => ({ value, text: nodeText(`queue.${value}`) }))}
        onChange={(value) =>
          change({ queue: { ...queue, overflow: overflows.find((one) => one === value) ?? 'error' } })
        }
      />
    </details>
  );
}
