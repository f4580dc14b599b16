import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { DeleteQuestion } from '../delete-question';
import { t, tList } from '../i18n';
import { Toggle } from '../toggle';
import { closeTray } from '../widgets/tray';
import { deleteEdge, type EdgeView } from './edge-client';
import { LabelsForm } from './labels-form';
import { NewToken } from './new-token';

type Section = 'labels' | 'token' | 'delete';

/** What can be done with an edge; each asks in place. */
export function EdgeActions({ edge, onChanged }: { readonly edge: EdgeView; readonly onChanged: () => void }) {
  const [open, setOpen] = useState<Section>();
  const close = (): void => setOpen(undefined);
  const toggle = (section: Section): void => setOpen(open === section ? undefined : section);
  return (
    <>
      <div class="mm-buttons">
        <Toggle open={open === 'labels'} text={t('edge.editLabels')} onClick={() => toggle('labels')} />
        <Toggle open={open === 'token'} text={t('edge.token.title')} onClick={() => toggle('token')} />
        <Toggle open={open === 'delete'} text={t('action.deleteModel')} onClick={() => toggle('delete')} />
      </div>
      {open === 'labels' && <LabelsForm edge={edge} onDone={onChanged} onClose={close} />}
      {open === 'token' && <NewToken edge={edge} onClose={close} />}
      {open === 'delete' && <DeleteEdge edge={edge} onClose={close} />}
    </>
  );
}

/** Says what it runs on without anybody to change it. */
function DeleteEdge({
  edge: { name, models, pipelines },
  onClose,
}: {
  readonly edge: EdgeView;
  readonly onClose: () => void;
}) {
  const running = [...models, ...pipelines].map((one) => one.name);
  return (
    <DeleteQuestion
      confirm={t('delete.confirmModel', { name })}
      inUse=""
      remove={async (_force, signal) => {
        await deleteEdge(name, signal);
        announce(t('edge.delete.done', { name }));
      }}
      onGone={() => void closeTray()}
      onClose={onClose}
    >
      <p>{t('edge.delete.effect', { name })}</p>
      {running.length > 0 && <p>{t('edge.delete.stops', { models: tList(running) })}</p>}
    </DeleteQuestion>
  );
}
