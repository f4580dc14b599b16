import { Question } from '../../feedback';
import { t, tList } from '../../i18n';
import { byName } from '../../list/search';
import { placedAnew } from './edge-choices';
import type { EdgeAction, PipelineEdgeView } from './on-edges-client';

export type Asked = Exclude<EdgeAction, 'start'> | 'rollBack' | 'takeOff';

/** Says what changes on the edge, and when. */
export function OnEdgeQuestion({
  asked,
  edges,
  onEdge: { name: edge, state, revision, previousRevision, reported },
  confirm,
  onConfirm,
  onCancel,
}: {
  readonly asked: Asked;
  /** All that run it. */
  readonly edges: readonly PipelineEdgeView[];
  readonly onEdge: PipelineEdgeView;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}) {
  const isList = asked === 'rollBack' || asked === 'takeOff';
  return (
    <Question confirm={confirm} danger={asked === 'takeOff'} onConfirm={onConfirm} onCancel={onCancel}>
      <p>
        {asked === 'restore' && !reported.changed
          ? t('flow.onEdges.effect.again', { edge, revision })
          : t(`flow.onEdges.effect.${asked}`, { edge, revision, previous: previousRevision ?? 0 })}
      </p>
      {asked === 'rollBack' && <p>{t('flow.onEdges.effect.models')}</p>}
      {isList && <Anew edges={edges} meant={[edge]} />}
      {state !== 'online' && <p>{t('flow.onEdges.effect.later', { edge })}</p>}
    </Question>
  );
}

/** With the list each edge gets its pipeline, and one that failed or was changed gets it anew. */
export function Anew({
  edges,
  meant,
}: {
  readonly edges: readonly PipelineEdgeView[];
  readonly meant: readonly string[];
}) {
  const anew = placedAnew(edges.toSorted(byName), meant);
  if (anew.length === 0) return null;
  return <p>{t('flow.onEdges.effect.anew', { edges: tList(anew) })}</p>;
}
