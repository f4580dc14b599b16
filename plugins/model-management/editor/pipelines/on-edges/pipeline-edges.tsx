import { useState } from 'preact/hooks';
import { EdgeSign } from '../../edges/edge-sign';
import { useOtherEdges } from '../../edges/use-other-edges';
import { t } from '../../i18n';
import { PagerOfMany } from '../../list/pager';
import { usePage } from '../../list/pages';
import { Toggle } from '../../toggle';
import type { PipelineOnEdges } from '../pipeline-client';
import { mayRun } from '../rights';
import { DeployForm } from './deploy-form';
import { OnEdgeActions } from './on-edge-actions';
import { OnEdgeState, revisionWords } from './on-edge-state';
import { OnEdgeLink } from './on-edge-tray';
import type { PipelineEdgeView } from './on-edges-client';

/** The edges that run a pipeline, and the way to say which; nothing where there are no edges. */
export function PipelineEdges({
  pipeline,
  onChanged,
}: {
  readonly pipeline: PipelineOnEdges;
  readonly onChanged: () => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const page = usePage(pipeline.edges);
  const others = useOtherEdges(pipeline, isOpen);
  if (others.length === 0 && pipeline.edges.length === 0) return null;
  return (
    <section>
      <header class="mm-section-head">
        <h3>{t('tab.edges')}</h3>
        {mayRun() && <Toggle open={isOpen} text={t('flow.onEdges.title')} onClick={() => setOpen(!isOpen)} />}
      </header>
      {isOpen && <DeployForm pipeline={pipeline} edges={others} onDone={onChanged} onClose={() => setOpen(false)} />}
      {pipeline.edges.length === 0 && !isOpen && <p class="mm-hint">{t('edge.assign.none')}</p>}
      {pipeline.edges.length > 0 && (
        <ul class="mm-on-edges" aria-label={t('edge.assign.table')}>
          {page.shown.map((onEdge) => (
            <Row key={onEdge.name} pipeline={pipeline} onEdge={onEdge} onChanged={onChanged} />
          ))}
        </ul>
      )}
      <PagerOfMany page={page} />
    </section>
  );
}

function Row({
  pipeline: { id, name },
  onEdge,
  onChanged,
}: {
  readonly pipeline: PipelineOnEdges;
  readonly onEdge: PipelineEdgeView;
  readonly onChanged: () => void;
}) {
  const { name: edge, state, revision, reported, brokerId } = onEdge;
  return (
    <li>
      <p>
        <EdgeSign look={state} /> <OnEdgeLink id={id} name={name} edge={edge} text={edge} />{' '}
        <span class="mm-sub">
          {state !== 'online' && `${t(`edge.look.${state}`)} · `}
          {revisionWords(revision, reported.revision)}
          {brokerId !== undefined && ` · ${t('flow.onEdges.byBroker', { id: brokerId })}`}
        </span>
      </p>
      <OnEdgeState onEdge={onEdge} />
      <OnEdgeActions isInRow id={id} onEdge={onEdge} onChanged={onChanged} />
    </li>
  );
}
