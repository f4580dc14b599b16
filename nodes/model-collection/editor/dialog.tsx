import { useId } from 'preact/hooks';
import type { DialogProps } from '../../../plugins/model-management/editor/dialog/node-dialog';
import { ChoiceRow, Row, TextRow } from '../../../plugins/model-management/editor/dialog/rows';
import { useEditedConfig } from '../../../plugins/model-management/editor/dialog/use-edited-config';
import { CollectionField } from './collection-field';
import type { EditedConfig } from './stored-config';
import { nodeText } from './texts';

/** The whole dialog. */
export function Dialog(props: DialogProps<EditedConfig>) {
  const { config, change } = useEditedConfig(props);
  return (
    <>
      <TextRow icon="fa-tag" label={nodeText('name')} value={config.name} onInput={(name) => change({ name })} />
      <ChoiceRow
        icon="fa-random"
        label={nodeText('mode.label')}
        value={config.mode}
        options={[
          { value: 'insert', text: nodeText('mode.insert') },
          { value: 'query', text: nodeText('mode.query') },
        ]}
        onChange={(mode) => change({ mode: mode === 'query' ? 'query' : 'insert' })}
      />
      {config.mode === 'insert' ? (
        <CollectionField collection={config.collection} onChoose={(collection) => change({ collection })} />
      ) : (
        <QueryRow query={config.query} onInput={(query) => change({ query })} />
      )}
    </>
  );
}

function QueryRow({ query, onInput }: { readonly query: string; readonly onInput: (query: string) => void }) {
  const id = useId();
  return (
    <>
      <Row icon="fa-search" label={nodeText('query.label')} forId={id}>
        <textarea
          id={id}
          class="mm-query"
          rows={6}
          spellcheck={false}
          value={query}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </Row>
      <p class="mm-hint mm-under">{nodeText('query.hint')}</p>
    </>
  );
}
