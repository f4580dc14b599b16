import type { DialogProps } from '../../../plugins/model-management/editor/dialog/node-dialog';
import { ChoiceRow, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import { useEditedConfig } from '../../../plugins/model-management/editor/dialog/use-edited-config';
import { JoinFields } from '../../../plugins/model-management/editor/join/join-fields';
import { type ListChange, listParents } from '../../../plugins/model-management/editor/join/parent-list';
import { useJoiningNode } from '../../../plugins/model-management/editor/join/use-joining-node';
import { FeatureField } from './feature-field';
import { FileSource } from './file-source';
import { InputTable } from './input-table';
import { LimitFields } from './limit-fields';
import { RegistrySource } from './registry-source';
import { ResultFields } from './result-fields';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';
import { useChosenVersion } from './use-chosen-version';

/** The whole dialog. */
export function Dialog(props: DialogProps<EditedConfig>) {
  const { config, change } = useEditedConfig(props);
  const chosen = useChosenVersion(config);
  const node = useJoiningNode(props.nodeId);
  const parents = listParents(config, node.wired);
  const changeList = ({ parentIds, join, indexOf }: ListChange): void => {
    const inputMap = config.inputMap.map((row) =>
      row.valueType === 'parent' ? { ...row, value: String(indexOf(Number(row.value)) ?? '') } : row,
    );
    change({ parentIds, join, inputMap });
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
      <JoinFields stored={config} node={node} list={parents} onJoin={(join) => change({ join })} onList={changeList} />
      <InputTable {...part} version={version} parents={parents} labelOf={node.labelOf} />
      <ResultFields {...part} version={version} />
      <LimitFields {...part} />
    </>
  );
}
