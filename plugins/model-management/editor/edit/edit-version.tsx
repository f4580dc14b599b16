import type { Version } from '../contract';
import { t } from '../i18n';
import { updateVersion } from '../registry-client';
import { versionChanges, versionDraft } from './drafts';
import { EditFrame, TextField } from './edit-frame';
import { EntryRows } from './entry-rows';
import { useDraft } from './use-draft';

/** All that may be said of a version; its files stay as they are. */
export function EditVersion({
  version,
  onDone,
  onClose,
}: {
  readonly version: Version;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { draft, change, fault, state, save } = useDraft({
    initial: versionDraft(version),
    changes: versionChanges,
    send: (patch, signal) => updateVersion(version.model, version.version, patch, signal),
    onDone,
    onClose,
  });
  return (
    <EditFrame
      label={t('edit.version', { version: version.version })}
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
      <EntryRows
        label={t('edit.metrics')}
        add={t('edit.addMetric')}
        entries={draft.metrics}
        onChange={(metrics) => change({ metrics })}
      />
      <EntryRows label={t('tag.list')} add={t('tag.add')} entries={draft.tags} onChange={(tags) => change({ tags })} />
      <TextField
        label={t('signature.features')}
        value={draft.features}
        placeholder={t('edit.onePerLine')}
        onInput={(features) => change({ features })}
      />
      <TextField
        label={t('signature.labels')}
        value={draft.labels}
        placeholder={t('edit.onePerLine')}
        onInput={(labels) => change({ labels })}
      />
    </EditFrame>
  );
}
