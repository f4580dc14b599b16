import { TypedInput } from '../../../plugins/model-management/editor/widgets/typed-input';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

export type InputRow = EditedConfig['inputMap'][number];

/** A parent to take a result from; `value` = its place in the node's list. */
export interface ParentOption {
  readonly value: string;
  readonly label: string;
}

const types = ['msg', 'flow', 'global', 'jsonata', 'json', 'num'] as const satisfies readonly InputRow['valueType'][];

/** A parent that is chosen stays among the choices, whatever became of it. */
function typesFor(row: InputRow, parents: readonly ParentOption[]): readonly RedTypedInputType[] {
  const isChosen = row.valueType === 'parent';
  if (!isChosen && parents.length < 2) return types;
  const isLost = isChosen && !parents.some(({ value }) => value === row.value);
  const lost = { value: row.value, label: nodeText('inputs.lostParent') };
  const options = isLost ? [...parents, lost] : parents;
  return [{ value: 'parent', label: nodeText('inputs.parent'), options }, ...types];
}

export function InputTableRow({
  row,
  known,
  parents,
  onChange,
  onRemove,
}: {
  readonly row: InputRow;
  /** Inputs of the chosen version. */
  readonly known: readonly string[];
  readonly parents: readonly ParentOption[];
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
      <TypedInput
        value={row.value}
        type={row.valueType}
        types={typesFor(row, parents)}
        label={nodeText('inputs.value', { input: row.input })}
        onChange={(value, type) =>
          onChange({ ...row, value, valueType: ['parent' as const, ...types].find((one) => one === type) ?? 'msg' })
        }
      />
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
