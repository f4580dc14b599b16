import { useState } from 'preact/hooks';
import { ChoiceRow, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import { FeatureField } from './feature-field';
import { FileSource } from './file-source';
import { InputTable } from './input-table';
import { LimitFields } from './limit-fields';
import { RegistrySource } from './registry-source';
import { ResultFields } from './result-fields';
import type { ConfigChanges, EditedConfig } from './stored-config';
import { nodeText } from './texts';
import { useChosenVersion } from './use-chosen-version';

/** How every part of the dialog gets and gives its values. */
export interface PartProps {
  readonly config: EditedConfig;
  readonly change: (changes: ConfigChanges) => void;
}

/** The whole dialog; `onChange` tells all that differs from `stored` so far. */
export function Dialog({
  stored,
  onChange,
}: {
  readonly stored: EditedConfig;
  readonly onChange: (changes: ConfigChanges) => void;
}) {
  const [changes, setChanges] = useState<ConfigChanges>({});
  const config: EditedConfig = { ...stored, ...changes };
  const chosen = useChosenVersion(config);
  const change = (more: ConfigChanges): void => {
    const next = { ...changes, ...more };
    setChanges(next);
    onChange(next);
  };
  const part = { config, change };
  const { version } = chosen;
  return (
    <>
      <TextRow icon="fa-tag" label={nodeText('name')} value={config.name} onInput={(name) => change({ name })} />
      <ChoiceRow
        icon="fa-cubes"
        label={nodeText('source.label')}
        value={config.source}
        options={['registry', 'file'].map((value) => ({ value, text: nodeText(`source.${value}`) }))}
        onChange={(value) => change({ source: value === 'file' ? 'file' : 'registry' })}
      />
      {config.source === 'file' ? <FileSource {...part} /> : <RegistrySource {...part} chosen={chosen} />}
      <FeatureField {...part} version={version} />
      <InputTable {...part} version={version} />
      <ResultFields {...part} version={version} />
      <LimitFields {...part} />
    </>
  );
}
