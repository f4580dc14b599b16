import type { Model } from '../contract';
import { t } from '../i18n';
import { updateModel } from '../registry-client';
import { modelChanges, modelDraft } from './drafts';
import { EditFrame, TextField } from './edit-frame';
import { EntryRows } from './entry-rows';
import { useDraft } from './use-draft';

/** Description and tags of a model; its name stays. */
export function EditModel({
  model,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { draft, change, fault, state, save } = useDraft({
    initial: modelDraft(model),
    changes: modelChanges,
    send: (patch, signal) => updateModel(model.name, patch, signal),
    onDone,
    onClose,
  });
  return (
    <EditFrame
      label={t('edit.model', { name: model.name })}
      fault={fault}
      state={state}
      onSave={save}
      onClose={onClose}
    >
      <TextField
        label={t('upload.description')}
        value={draft.description}
        onInput={(description) => change({ description })}
      />
      <EntryRows label={t('tag.list')} add={t('tag.add')} entries={draft.tags} onChange={(tags) => change({ tags })} />
    </EditFrame>
  );
}
