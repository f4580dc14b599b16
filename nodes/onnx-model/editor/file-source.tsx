import { nodeText } from '../../../plugins/model-management/editor/i18n';
import type { PartProps } from './dialog';
import { TextRow } from './rows';

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
