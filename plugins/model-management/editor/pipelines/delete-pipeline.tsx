import { announce } from '../announce';
import { Busy, ErrorBox, Question } from '../feedback';
import { t, tList } from '../i18n';
import { useTask } from '../live';
import { importFlow } from '../model/flow-import';
import { closeTray } from '../widgets/tray';
import { deployHere, removeTab } from './own-deploy';
import { deletePipeline, type NewFlow, type PipelineOnEdges } from './pipeline-client';

/** Says what stops with it; what was deleted can be put back into the editor. */
export function DeletePipeline({
  pipeline: { id, name, inbound, outbound, edges },
  onClose,
}: {
  readonly pipeline: PipelineOnEdges;
  readonly onClose: () => void;
}) {
  const { state, start } = useTask();
  const remove = (): void =>
    start(async (signal) => {
      const { flow } = await deployHere(
        () => deletePipeline(id, signal),
        () => removeTab(id),
      );
      announce(t('flow.delete.done', { name }));
      await closeTray();
      offerUndo(name, flow);
    });
  if (state.status === 'busy') return <Busy text={t('flow.busy')} />;
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <Question confirm={t('flow.delete.confirm')} danger onConfirm={remove} onCancel={onClose}>
        <p>{t('flow.delete.effect', { name })}</p>
        {inbound.length > 0 && (
          <p>
            {t('flow.delete.stops', {
              inbound: inbound.join(', '),
              outbound: outbound.join(', ') || t('flow.nothing'),
            })}
          </p>
        )}
        <p>{t('flow.delete.keeps')}</p>
        {edges.length > 0 && <p>{t('flow.delete.onEdges', { edges: tList(edges.map((edge) => edge.name)) })}</p>}
      </Question>
    </>
  );
}

/** Stays until it is answered: there is no other way back. */
function offerUndo(name: string, flow: NewFlow['flow']): void {
  const words = document.createElement('p');
  words.textContent = t('flow.delete.gone', { name });
  const notice = RED.notify(words, {
    type: 'success',
    fixed: true,
    buttons: [
      {
        text: t('flow.delete.undo'),
        click: () => {
          notice.close();
          importFlow(flow);
        },
      },
      { text: t('action.close'), click: () => notice.close() },
    ],
  });
}
