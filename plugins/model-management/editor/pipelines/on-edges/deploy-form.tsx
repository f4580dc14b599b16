import { useState } from 'preact/hooks';
import { announce } from '../../announce';
import type { EdgeView } from '../../edges/edge-client';
import { EdgePicker, withOrWithout } from '../../edges/edge-picker';
import { EdgeSign } from '../../edges/edge-sign';
import { FormEnd } from '../../form-end';
import { FormGroup } from '../../form-group';
import { t, tList } from '../../i18n';
import { useResource, useTask } from '../../live';
import { TextField } from '../../widgets/text-field';
import type { PipelineOnEdges } from '../pipeline-client';
import { changeEdges, fetchRevisions } from './on-edges-client';

/** In a topic it becomes the name of the edge. */
const NAME_OF_EDGE = '${EDGE_NAME}';

/** Gives a pipeline, as it is here now, to the edges that are ticked; what others have stays. */
export function DeployForm({
  pipeline,
  edges,
  onDone,
  onClose,
}: {
  readonly pipeline: PipelineOnEdges;
  readonly edges: readonly EdgeView[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { id } = pipeline;
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const [brokerId, setBrokerId] = useState('');
  const { state, start, reset } = useTask();
  const isReady = ticked.length > 0 && state.status !== 'busy';
  const pick = (name: string, isPicked: boolean): void => {
    if (state.status === 'failed') reset();
    setTicked(withOrWithout(ticked, name, isPicked));
  };
  const deploy = (): void =>
    start(async (signal) => {
      const broker = brokerId.trim();
      const more = broker === '' ? {} : { brokerId: broker };
      await changeEdges(id, { edges: ticked.map((name) => ({ name, ...more })) }, signal);
      announce(t('flow.onEdges.done.deploy'));
      onDone();
      onClose();
    });
  return (
    <FormGroup
      class="mm-form mm-box"
      label={t('flow.onEdges.title')}
      onSubmit={() => isReady && deploy()}
      onEscape={onClose}
    >
      <EdgePicker
        edges={edges}
        isPicked={(name) => ticked.includes(name)}
        onPick={pick}
        more={(name) => <HowItStands edge={edges.find((one) => one.name === name)} pipeline={pipeline} />}
      />
      <Effect pipeline={pipeline} ticked={ticked} />
      <details class="mm-more">
        <summary>{t('flow.onEdges.broker')}</summary>
        <TextField label={t('flow.onEdges.brokerId')} value={brokerId} onInput={setBrokerId} />
        <p class="mm-hint">{t('flow.onEdges.brokerHint')}</p>
      </details>
      <FormEnd state={state} busy={t('edge.busy')} isReady={isReady} onSubmit={deploy} onCancel={onClose}>
        {t('action.deploy')}
      </FormEnd>
    </FormGroup>
  );
}

/** Whether the edge is there, and what it has of the pipeline. */
function HowItStands({ edge, pipeline }: { readonly edge: EdgeView | undefined; readonly pipeline: PipelineOnEdges }) {
  if (!edge) return null;
  const known = pipeline.edges.find(({ name }) => name === edge.name);
  return (
    <span class="mm-sub">
      <EdgeSign look={edge.state} /> {t(`edge.look.${edge.state}`)}
      {known && ` · ${t('flow.onEdges.has', { revision: known.revision })}`}
    </span>
  );
}

/** Which revision the edges get, what comes with it, and what does not. */
function Effect({ pipeline, ticked }: { readonly pipeline: PipelineOnEdges; readonly ticked: readonly string[] }) {
  const revisions = useResource((signal) => fetchRevisions(pipeline.id, signal), [pipeline.id]);
  if (ticked.length === 0) return <p role="status">{t('flow.onEdges.nothing')}</p>;
  const last = revisions.data?.[0]?.revision;
  const { models, libraries, inbound } = pipeline;
  const isShared = inbound.length > 0 && !inbound.some((topic) => topic.includes(NAME_OF_EDGE));
  return (
    <div role="status">
      <p>
        {t('flow.onEdges.gives', { edges: tList(ticked) })}{' '}
        {revisions.data &&
          (last === undefined ? t('flow.onEdges.first') : t('flow.onEdges.next', { last, next: last + 1 }))}
      </p>
      {models.length > 0 && <p>{t('flow.onEdges.models', { names: tList(models) })}</p>}
      {libraries.length > 0 && <p>{t('flow.onEdges.libraries', { names: tList(libraries) })}</p>}
      <p>{t('flow.onEdges.without')}</p>
      {isShared && <p>{t('flow.onEdges.sameTopics')}</p>}
      {RED.nodes.dirty() && <p>{t('flow.onEdges.dirty')}</p>}
    </div>
  );
}
