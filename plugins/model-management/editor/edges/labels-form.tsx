import { EditFrame } from '../edit/edit-frame';
import { useDraft } from '../edit/use-draft';
import { t } from '../i18n';
import { namesIn } from '../names-in';
import { TextField } from '../widgets/text-field';
import { type EdgeView, updateEdge } from './edge-client';

interface Draft {
  readonly text: string;
}

const changes = (before: Draft, { text }: Draft): { readonly patch: { readonly labels?: readonly string[] } } => ({
  patch: text === before.text ? {} : { labels: namesIn(text) },
});

export function LabelsForm({
  edge: { name, labels },
  onDone,
  onClose,
}: {
  readonly edge: EdgeView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { draft, change, fault, state, save } = useDraft({
    initial: { text: labels.join(', ') },
    changes,
    send: (patch, signal) => updateEdge(name, patch, signal),
    onDone,
    onClose,
  });
  return (
    <EditFrame label={t('edge.editLabels')} fault={fault} state={state} onSave={save} onClose={onClose}>
      <TextField label={t('edge.labels')} value={draft.text} onInput={(text) => change({ text })} />
      <p class="mm-hint">{t('edge.labelsHint')}</p>
    </EditFrame>
  );
}
