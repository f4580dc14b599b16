import type { DialogProps } from '../../../plugins/model-management/editor/dialog/node-dialog';
import { CountRow, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import { useEditedConfig } from '../../../plugins/model-management/editor/dialog/use-edited-config';
import { JoinFields } from '../../../plugins/model-management/editor/join/join-fields';
import { listParents } from '../../../plugins/model-management/editor/join/parent-list';
import { useJoiningNode } from '../../../plugins/model-management/editor/join/use-joining-node';
import { LibraryField } from './library-field';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

/** The whole dialog. */
export function Dialog(props: DialogProps<EditedConfig>) {
  const { config, change } = useEditedConfig(props);
  const node = useJoiningNode(props.nodeId);
  return (
    <>
      <TextRow icon="fa-tag" label={nodeText('name')} value={config.name} onInput={(name) => change({ name })} />
      <LibraryField library={config.library} onChoose={(library) => change({ library })} />
      <JoinFields
        stored={config}
        node={node}
        list={listParents(config, node.wired)}
        onJoin={(join) => change({ join })}
        onList={({ parentIds, join }) => change({ parentIds, join })}
      />
      <CountRow
        icon="fa-clock-o"
        label={nodeText('timeout.label')}
        value={config.timeoutMs}
        least={0}
        unit={nodeText('timeout.unit')}
        onChange={(timeoutMs) => change({ timeoutMs })}
      />
    </>
  );
}
