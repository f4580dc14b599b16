import { useRef } from 'preact/hooks';
import { effectiveSignature } from '../../../lib/registry/signature-comparison';
import type { Version } from '../../../plugins/model-management/editor/contract';
import { ChoiceRow } from '../../../plugins/model-management/editor/dialog/rows';
import { type ListedParent, storeList } from '../../../plugins/model-management/editor/join/parent-list';
import { rowFor } from './input-row';
import { type InputRow, InputTableRow } from './input-table-row';
import type { PartProps } from './part-props';
import { nodeText } from './texts';

/** Automatic, or a table: input of the model ← where its value comes from. */
export function InputTable({
  config,
  change,
  version,
  parents,
  labelOf,
}: PartProps & {
  readonly version: Version | undefined;
  /** The node's list. */
  readonly parents: readonly ListedParent[];
  readonly labelOf: (id: string) => string;
}) {
  const rows = config.inputMap;
  // Widgets keep what they show, so a row is known by a key of its own, not by its place.
  const keys = useRef<number[]>([]);
  const nextKey = useRef(0);
  while (keys.current.length < rows.length) keys.current.push(nextKey.current++);
  const known = version ? effectiveSignature(version).inputs.map(({ name }) => name) : [];
  const options = parents.map(({ id }, index) => ({ value: String(index), label: labelOf(id) }));
  const set = (inputMap: readonly InputRow[]): void => {
    const { parentIds, join } = storeList(config, parents);
    // A place in the list means something only once the list is stored.
    const isBeyond = inputMap.some(
      ({ value, valueType }) => valueType === 'parent' && !(Number(value) < config.parentIds.length),
    );
    change({ inputMap: [...inputMap], ...(isBeyond ? { parentIds, join } : {}) });
  };
  const free = known.find((name) => !rows.some(({ input }) => input === name)) ?? '';
  return (
    <>
      <ChoiceRow
        icon="fa-sign-in"
        label={nodeText('inputs.label')}
        value={rows.length > 0 ? 'table' : 'automatic'}
        options={['automatic', 'table'].map((value) => ({ value, text: nodeText(`inputs.${value}`) }))}
        onChange={(value) => {
          keys.current = [];
          set(value === 'table' ? (known.length > 0 ? known : ['']).map(rowFor) : []);
        }}
      />
      {rows.length > 0 && (
        <div class="mm-under">
          {rows.map((row, index) => (
            <InputTableRow
              // Its widget keeps the parents it was made with.
              key={`${keys.current[index]} ${parents.map(({ id }) => id).join(' ')}`}
              row={row}
              known={known}
              parents={options}
              onChange={(next) => set(rows.map((other, at) => (at === index ? next : other)))}
              onRemove={() => {
                keys.current.splice(index, 1);
                set(rows.filter((_, at) => at !== index));
              }}
            />
          ))}
          <button type="button" class="red-ui-button red-ui-button-small" onClick={() => set([...rows, rowFor(free)])}>
            <i class="fa fa-plus" aria-hidden="true" /> {nodeText('inputs.add')}
          </button>
        </div>
      )}
    </>
  );
}
