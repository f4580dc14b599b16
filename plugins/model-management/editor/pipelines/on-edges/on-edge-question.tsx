import { Question } from '../../feedback';
import { t } from '../../i18n';
import type { EdgeAction, PipelineEdgeView } from './on-edges-client';

export type Asked = Exclude<EdgeAction, 'start'> | 'rollBack' | 'takeOff';

/** Says what changes on the edge, and when. */
export function OnEdgeQuestion({
  asked,
  onEdge: { name: edge, state, revision, previousRevision, reported },
  confirm,
  onConfirm,
  onCancel,
}: {
  readonly asked: Asked;
  readonly onEdge: PipelineEdgeView;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}) {
  return (
    <Question confirm={confirm} danger={asked === 'takeOff'} onConfirm={onConfirm} onCancel={onCancel}>
      <p>
        {asked === 'restore' && !reported.changed
          ? t('flow.onEdges.effect.again', { edge, revision })
          : t(`flow.onEdges.effect.${asked}`, { edge, revision, previous: previousRevision ?? 0 })}
      </p>
      {asked === 'rollBack' && <p>{t('flow.onEdges.effect.models')}</p>}
      {state !== 'online' && <p>{t('flow.onEdges.effect.later', { edge })}</p>}
    </Question>
  );
}
