import { Busy, ErrorBox } from '../feedback';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { nothing, usePolling, useResource } from '../live';
import { NodeLink } from './node-link';
import { fetchPipelineRun, type PipelinePlace, type PipelineRunView, type PipelineStepView } from './pipeline-client';
import { usePlaceChanges } from './use-pipeline';

const RUN_MS = 1_000;

/** A run node by node, to its end. */
export function FollowedRun({ place, runId }: { readonly place: PipelinePlace; readonly runId: string }) {
  const { data, error, reload, poll } = useResource((signal) => fetchPipelineRun(place, runId, signal), [runId]);
  usePlaceChanges(place, reload);
  // An edge tells of its states, not of each run.
  usePolling(place.edge !== undefined && data?.state === 'running' ? poll : nothing, RUN_MS);
  if (!data) return error ? <ErrorBox error={error} /> : <Busy text={t('try.busy')} />;
  return <RunSteps run={data} />;
}

/** What a run did, in the order in which the nodes got something. */
function RunSteps({ run: { state, steps = [] } }: { readonly run: PipelineRunView }) {
  return (
    <div role="status">
      <strong>{t(`flow.run.${state}`)}</strong>
      <ol class="mm-steps" aria-label={t('flow.test.steps')}>
        {steps.map((step, index) => (
          <Step key={`${index} ${step.node}`} step={step} />
        ))}
      </ol>
    </div>
  );
}

function Step({ step }: { readonly step: PipelineStepView }) {
  const { node, name, type, durationMs, payload, truncated, error, held } = step;
  const time =
    durationMs === null ? t('flow.test.waits') : t('live.ms', { value: formatNumber(durationMs, RED.i18n.lang()) });
  return (
    <li class={error === null ? '' : 'mm-step-failed'}>
      <NodeLink id={node} name={name || type} /> <span class="mm-sub">{held ? t('flow.test.held') : time}</span>
      {error !== null && (
        <p>
          <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {error}
        </p>
      )}
      <pre class="mm-log-lines mm-step-payload">{`${payload}${truncated ? '…' : ''}`}</pre>
    </li>
  );
}
