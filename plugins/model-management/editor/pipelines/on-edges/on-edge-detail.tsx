import { useCallback, useMemo, useState } from 'preact/hooks';
import { isSameEdge } from '../../../../../lib/edges/protocol/names';
import { Age } from '../../age';
import { fetchEdge } from '../../edges/edge-client';
import { EdgeSign } from '../../edges/edge-sign';
import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useEdgeChanges, useResource } from '../../live';
import { Toggle } from '../../toggle';
import { closeTray } from '../../widgets/tray';
import { NodesThere } from '../nodes-there';
import { PipelineBody, PipelineFacts } from '../pipeline-body';
import type { PipelineDetails, PipelinePlace } from '../pipeline-client';
import { PipelineStateLine } from '../pipeline-sign';
import { PipelineTest } from '../pipeline-test';
import { mayRun } from '../rights';
import { usePipeline } from '../use-pipeline';
import { OnEdgeActions } from './on-edge-actions';
import { OnEdgeState, revisionWords } from './on-edge-state';
import { fetchPipelineEdges } from './on-edges-client';

/** A pipeline as it is on an edge. What the edge told last is there always; the rest it is asked for, while it is online. */
export function OnEdgeDetail({
  id,
  name,
  edge,
}: {
  readonly id: string;
  readonly name: string;
  readonly edge: string;
}) {
  const list = useResource((signal) => fetchPipelineEdges(id, signal), [id]);
  const itself = useResource((signal) => fetchEdge(edge, signal), [edge]);
  const refresh = useCallback(() => {
    list.reload();
    itself.reload();
  }, [list.reload, itself.reload]);
  useEdgeChanges(refresh, (changed) => isSameEdge(changed, edge));
  const error = list.error ?? itself.error;
  if (!list.data || !itself.data) {
    return error ? <ErrorBox error={error} onRetry={refresh} /> : <Busy text={t('tray.loading', { name })} />;
  }
  const onEdge = list.data.find((one) => isSameEdge(one.name, edge));
  if (!onEdge) return <p class="mm-empty">{t('flow.onEdges.gone', { edge })}</p>;
  const { state, revision, reported } = onEdge;
  const isLive = state === 'online' && reported.revision !== null;
  return (
    <div class="mm-detail">
      <header class="mm-head">
        <div>
          <h2>{t('flow.onEdges.heading', { name, edge })}</h2>
          <p class="mm-sub">
            <EdgeSign look={state} /> {t(`edge.look.${state}`)} {t('edge.since')} <Age at={itself.data.since} /> ·{' '}
            {revisionWords(revision, reported.revision)}
          </p>
        </div>
      </header>
      <OnEdgeState onEdge={onEdge} isLive={isLive} />
      <OnEdgeActions id={id} onEdge={onEdge} onChanged={refresh} onGone={() => void closeTray()} />
      {isLive && <Live key={revision} place={{ id, edge }} />}
      {state === 'online' && reported.revision === null && <p class="mm-hint">{t('flow.onEdges.notYet')}</p>}
      {state !== 'online' && (
        <p role="status">
          {t(`edge.state.${state}`)} {t('flow.onEdges.away')}
        </p>
      )}
    </div>
  );
}

/** What the edge is asked for. */
function Live({ place }: { readonly place: PipelinePlace }) {
  const shown = usePipeline(place);
  const { data, error } = shown.pipeline;
  const names = useMemo(() => new Map((data?.nodes ?? []).map(({ id, name, type }) => [id, name || type])), [data]);
  if (!data) {
    return error ? <ErrorBox error={error} onRetry={shown.refresh} /> : <Busy text={t('edge.busy')} />;
  }
  return (
    <NodesThere.Provider value={names}>
      {error && <ErrorBox error={error} onRetry={shown.refresh} />}
      <p>
        <PipelineStateLine state={data.state} since={data.since} />
      </p>
      <PipelineFacts pipeline={data} />
      <PipelineBody place={place} data={data} shown={shown} actions={<TestThere place={place} pipeline={data} />} />
    </NodesThere.Provider>
  );
}

function TestThere({ place, pipeline }: { readonly place: PipelinePlace; readonly pipeline: PipelineDetails }) {
  const [isOpen, setOpen] = useState(false);
  const { state, models, starts } = pipeline;
  if (!mayRun()) return null;
  return (
    // What was typed is there when it is started again.
    <div hidden={state === 'idle'}>
      <div class="mm-buttons">
        <Toggle open={isOpen} text={t('flow.onEdges.test')} onClick={() => setOpen(!isOpen)} />
      </div>
      {isOpen && <PipelineTest place={place} model={models[0]} starts={starts} />}
    </div>
  );
}
