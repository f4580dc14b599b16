import { formatNumber } from '../format';
import { t } from '../i18n';
import { NodeLink } from './node-link';
import type { PipelineRunView, PipelineStepView } from './pipeline-client';

/** What a test did, node by node, in the order in which they got something. */
export function RunSteps({ run: { state, steps = [] } }: { readonly run: PipelineRunView }) {
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
