import { TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import type { PartProps } from './part-props';
import { nodeText } from './texts';

export function FileSource({ config, change }: PartProps) {
  return (
    <>
      <TextRow
        icon="fa-file-o"
        label={nodeText('file.label')}
        value={config.file}
        placeholder={nodeText('file.placeholder')}
        onInput={(file) => change({ file: file.trim() })}
      />
      <p class="mm-hint mm-under">{nodeText('file.hint')}</p>
    </>
  );
}
