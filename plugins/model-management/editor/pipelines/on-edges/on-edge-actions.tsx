import { useState } from 'preact/hooks';
import { announce } from '../../announce';
import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useTask } from '../../live';
import { mayRun } from '../rights';
import { type Asked, OnEdgeQuestion } from './on-edge-question';
import { actOnEdge, changeEdges, type PipelineEdgeView } from './on-edges-client';

/** What can be done with a pipeline on one edge. What stops, changes or takes away something is asked about. */
export function OnEdgeActions({
  isInRow,
  id,
  onEdge,
  onChanged,
  onGone,
}: {
  /** In a list, where buttons are small. */
  readonly isInRow?: boolean;
  readonly id: string;
  readonly onEdge: PipelineEdgeView;
  readonly onChanged: () => void;
  /** It was taken off. Default: as `onChanged`. */
  readonly onGone?: () => void;
}) {
  const { name: edge, previousRevision } = onEdge;
  const { state, start } = useTask();
  const [asked, setAsked] = useState<Asked>();
  if (!mayRun()) return null;
  const act = (action: Asked | 'start'): void => {
    setAsked(undefined);
    start(async (signal) => {
      if (action === 'takeOff') await changeEdges(id, { remove: [edge] }, signal);
      else if (action !== 'rollBack') await actOnEdge(id, edge, action, signal);
      else if (previousRevision !== null) {
        await changeEdges(id, { edges: [{ name: edge, revision: previousRevision }] }, signal);
      }
      announce(t(`flow.onEdges.done.${action}`, { edge }));
      if (action === 'takeOff') (onGone ?? onChanged)();
      else onChanged();
    });
  };
  return (
    <>
      <div class="mm-buttons">
        {actionsOf(onEdge).map((action) => (
          <button
            key={action}
            type="button"
            class={`red-ui-button ${isInRow ? 'red-ui-button-small' : ''}`}
            aria-disabled={state.status === 'busy'}
            onClick={() => {
              if (state.status === 'busy') return;
              if (action === 'start') act(action);
              else setAsked(action);
            }}
          >
            {wordsOf(action, onEdge)}
          </button>
        ))}
      </div>
      {asked && (
        <OnEdgeQuestion
          asked={asked}
          onEdge={onEdge}
          confirm={wordsOf(asked, onEdge)}
          onConfirm={() => act(asked)}
          onCancel={() => setAsked(undefined)}
        />
      )}
      {state.status === 'busy' && <Busy text={t('edge.busy')} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </>
  );
}

/** Start and stop are what is wanted of the edge, also of one that is away; a restart it does at once. */
function actionsOf({ state, running, reported, previousRevision }: PipelineEdgeView): readonly (Asked | 'start')[] {
  const isThere = reported.revision !== null;
  return [
    running ? 'stop' : 'start',
    ...(running && isThere && state === 'online' ? (['restart'] as const) : []),
    ...(reported.changed || reported.state === 'failed' ? (['restore'] as const) : []),
    ...(previousRevision === null ? [] : (['rollBack'] as const)),
    'takeOff',
  ];
}

function wordsOf(action: Asked | 'start', { previousRevision, reported }: PipelineEdgeView): string {
  switch (action) {
    case 'start':
    case 'stop':
    case 'restart':
      return t(`flow.${action}`);
    case 'restore':
      return t(reported.changed ? 'flow.onEdges.restore' : 'flow.onEdges.again');
    case 'rollBack':
      return t('flow.onEdges.rollBack', { revision: previousRevision ?? 0 });
    case 'takeOff':
      return t('flow.onEdges.takeOff');
  }
}
