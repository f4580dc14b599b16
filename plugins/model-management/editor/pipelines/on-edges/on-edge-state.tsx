import { t } from '../../i18n';
import { StateSign } from '../../list/state-sign';
import { PipelineStateLine } from '../pipeline-sign';
import { pendingRun } from './edge-summary';
import type { EdgePipelineView, ReportedPipelineView } from './on-edges-client';

/** How a pipeline does on an edge: in the words and signs of pipelines here, with what keeps it from being as wanted. */
export function OnEdgeState({
  onEdge,
  isLive,
  words,
}: {
  readonly onEdge: Pick<EdgePipelineView, 'running' | 'reported'>;
  /** The edge is asked how it does: what it reported of that is older. */
  readonly isLive?: boolean;
  /** Of what is said of an edge that is looked at from its hub. */
  readonly words?: StateWords;
}) {
  const { reported } = onEdge;
  const { state, status, changed, error } = reported;
  const pending = state === 'failed' ? undefined : pendingRun(onEdge);
  // With nothing to tell there is no list.
  if (isLive && state === 'deployed' && !pending && !changed) return null;
  return (
    <ul class="mm-on-edge-state">
      {state !== 'deployed' && (
        <li>
          <PlacingSign state={state} /> {placing(reported, words)}
          {error && `: ${error.message}`}
        </li>
      )}
      {status && !isLive && (
        <li>
          <PipelineStateLine {...status} />
        </li>
      )}
      {status?.error && !isLive && <li>{status.error.message}</li>}
      {pending && <li>{t(`flow.onEdges.shall.${pending}`)}</li>}
      {changed && (
        <li>
          <i class="fa fa-pencil" aria-hidden="true" /> {t('flow.onEdges.changed')}
        </li>
      )}
    </ul>
  );
}

/** By state, instead of the usual ones. */
type StateWords = Partial<Record<ReportedPipelineView['state'], string>>;

function placing({ state, waitingFor }: ReportedPipelineView, words: StateWords | undefined): string {
  if (state === 'pending' && waitingFor !== undefined) return t('flow.onEdges.waitsFor', { what: waitingFor });
  return words?.[state] ?? t(`flow.onEdges.state.${state}`);
}

const SIGNS: Record<ReportedPipelineView['state'], { readonly kind: string; readonly icon: string }> = {
  pending: { kind: 'idle', icon: 'fa-hourglass-o' },
  downloading: { kind: 'running', icon: 'fa-adjust' },
  deployed: { kind: 'running', icon: 'fa-check-circle' },
  failed: { kind: 'failed', icon: 'fa-times-circle' },
};

function PlacingSign({ state }: { readonly state: ReportedPipelineView['state'] }) {
  return <StateSign {...SIGNS[state]} word={t(`flow.onEdges.state.${state}`)} />;
}

/** "revision 2"; nothing yet is a dash. */
export const revisionText = (revision: number | null): string =>
  revision === null ? t('metric.none') : t('flow.onEdges.revision', { revision });

/** "revision 2", and what stands there where that is another. */
export const revisionWords = (wanted: number, standing: number | null): string =>
  standing === wanted
    ? revisionText(wanted)
    : `${t('flow.onEdges.wanted', { revision: wanted })} · ${
        standing === null ? t('flow.onEdges.nothingThere') : t('flow.onEdges.there', { revision: standing })
      }`;
