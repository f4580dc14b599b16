import type { Version } from '../../../plugins/model-management/editor/contract';
import { ChoiceRow, CountRow, Row } from '../../../plugins/model-management/editor/dialog/rows';
import type { PartProps } from './part-props';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

const modes = ['first', 'all', 'named'] as const satisfies readonly EditedConfig['result']['mode'][];
const formats = ['nested', 'tensor', 'label'] as const satisfies readonly EditedConfig['format'][];

/** Which outputs the message gets, and in which form. */
export function ResultFields({ config, change, version }: PartProps & { readonly version: Version | undefined }) {
  const { result, format, label } = config;
  return (
    <>
      <ChoiceRow
        icon="fa-sign-out"
        label={nodeText('result.label')}
        value={result.mode}
        options={modes.map((value) => ({ value, text: nodeText(`result.${value}`) }))}
        onChange={(value) => change({ result: { ...result, mode: modes.find((mode) => mode === value) ?? 'first' } })}
      />
      {(result.mode === 'named' || (format === 'label' && result.names.length > 0)) && (
        <OutputNames
          names={result.names}
          version={version}
          onChange={(names) => change({ result: { ...result, names: [...names] } })}
        />
      )}
      <ChoiceRow
        icon="fa-list-ol"
        label={nodeText('format.label')}
        value={format}
        options={formats.map((value) => ({
          value,
          text: nodeText(value === 'label' ? 'format.labels' : `format.${value}`),
        }))}
        onChange={(value) => change({ format: formats.find((one) => one === value) ?? 'nested' })}
      />
      {format === 'label' && (
        <>
          <CountRow
            icon="fa-trophy"
            label={nodeText('topK')}
            value={label.topK}
            least={1}
            onChange={(topK) => change({ label: { ...label, topK } })}
          />
          <Row icon="fa-percent" label={nodeText('softmax.label')}>
            <label class="mm-check">
              <input
                type="checkbox"
                checked={label.softmax}
                onChange={(event) => change({ label: { ...label, softmax: event.currentTarget.checked } })}
              />{' '}
              {nodeText('softmax.hint')}
            </label>
          </Row>
        </>
      )}
    </>
  );
}

/** A box per output; names the chosen version lacks stay, marked. */
function OutputNames({
  names,
  version,
  onChange,
}: {
  readonly names: readonly string[];
  readonly version: Version | undefined;
  readonly onChange: (names: readonly string[]) => void;
}) {
  const known = version?.signature.outputs.map(({ name }) => name) ?? [];
  const all = [...known, ...names.filter((name) => !known.includes(name))];
  return (
    <Row icon="fa-check-square-o" label={nodeText('result.names')}>
      {all.length === 0 && <span class="mm-hint">{nodeText('result.noOutputs')}</span>}
      {all.map((name) => (
        <label class="mm-check" key={name}>
          <input
            type="checkbox"
            checked={names.includes(name)}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked ? [...names, name] : names.filter((one) => one !== name))
            }
          />{' '}
          {known.includes(name) || !version ? name : nodeText('result.missing', { name })}
        </label>
      ))}
    </Row>
  );
}
