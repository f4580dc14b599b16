import { TypedInput } from '../../../plugins/model-management/editor/widgets/typed-input';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

export type InputRow = EditedConfig['inputMap'][number];

const types = ['msg', 'flow', 'global', 'jsonata', 'json', 'num'] as const satisfies readonly InputRow['valueType'][];

export function InputTableRow({
  row,
  known,
  onChange,
  onRemove,
}: {
  readonly row: InputRow;
  /** Inputs of the chosen version. */
  readonly known: readonly string[];
  readonly onChange: (row: InputRow) => void;
  readonly onRemove: () => void;
}) {
  const names = known.includes(row.input) ? known : [row.input, ...known];
  const remove = nodeText('inputs.remove', { input: row.input });
  return (
    <div class="mm-input-row">
      {known.length > 0 ? (
        <select
          value={row.input}
          aria-label={nodeText('inputs.input')}
          onChange={(event) => onChange({ ...row, input: event.currentTarget.value })}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input
          type="text"
          value={row.input}
          aria-label={nodeText('inputs.input')}
          placeholder={nodeText('inputs.input')}
          onInput={(event) => onChange({ ...row, input: event.currentTarget.value })}
        />
      )}
      <span aria-hidden="true">←</span>
      {row.valueType === 'parent' ? (
        <span class="mm-typed-input">{nodeText('inputs.parent', { number: Number(row.value) + 1 })}</span>
      ) : (
        <TypedInput
          value={row.value}
          type={row.valueType}
          types={types}
          label={nodeText('inputs.value', { input: row.input })}
          onChange={(value, type) => onChange({ ...row, value, valueType: types.find((one) => one === type) ?? 'msg' })}
        />
      )}
      <button
        type="button"
        class="red-ui-button red-ui-button-small"
        aria-label={remove}
        title={remove}
        onClick={onRemove}
      >
        <i class="fa fa-remove" aria-hidden="true" />
      </button>
    </div>
  );
}
