import { useCallback } from 'preact/hooks';
import { Age } from '../age';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { usePipelineChanges, useResource } from '../live';
import { NodeLink } from './node-link';
import { PipelineActions } from './pipeline-actions';
import { fetchPipeline, fetchPipelineRuns, fetchResults, type PipelineView } from './pipeline-client';
import { PipelineDrawing } from './pipeline-drawing';
import { PipelineRuns } from './pipeline-runs';
import { PipelineSign } from './pipeline-sign';
import { ResultTable } from './result-table';

/** A pipeline: its state, what can be done with it, its runs and its last results. */
export function PipelineDetail({ id }: { readonly id: string }) {
  const pipeline = useResource((signal) => fetchPipeline(id, signal), [id]);
  const runs = useResource((signal) => fetchPipelineRuns(id, signal), [id]);
  const results = useResource((signal) => fetchResults(id, signal), [id]);
  const refresh = useCallback(() => {
    pipeline.reload();
    runs.reload();
    results.reload();
  }, [pipeline.reload, runs.reload, results.reload]);
  usePipelineChanges(refresh);
  const { data } = pipeline;
  if (!data) {
    return pipeline.error ? (
      <ErrorBox error={pipeline.error} onRetry={refresh} />
    ) : (
      <Busy text={t('flow.list.loading')} />
    );
  }
  return (
    <div class="mm-detail">
      <Head pipeline={data} />
      {data.error && (
        <div class="mm-error" role="status">
          <i class="fa fa-exclamation-triangle" aria-hidden="true" />
          <div>
            <strong>{data.error.message}</strong>
            {data.error.node !== '' && (
              <p>
                {t('flow.failedAt')} <NodeLink id={data.error.node} />
              </p>
            )}
          </div>
        </div>
      )}
      <PipelineActions pipeline={data} onChanged={refresh} />
      <Problems pipeline={data} />
      <PipelineDrawing drawing={data} pipeline={data} runs={runs.data ?? []} />
      {runs.error && <ErrorBox error={runs.error} onRetry={refresh} />}
      {runs.data && <PipelineRuns runs={runs.data} />}
      {results.error && <ErrorBox error={results.error} onRetry={refresh} />}
      {results.data && <ResultTable results={results.data} />}
    </div>
  );
}

function Head({ pipeline }: { readonly pipeline: PipelineView }) {
  const { name, state, since, inbound, outbound, models, libraries } = pipeline;
  const facts = [
    inbound.length > 0 && t('flow.inbound', { topics: inbound.join(', ') }),
    outbound.length > 0 && t('flow.outbound', { topics: outbound.join(', ') }),
    models.length > 0 && t('flow.models', { names: models.join(', ') }),
    libraries.length > 0 && t('flow.libraries', { names: libraries.join(', ') }),
  ].filter(Boolean);
  return (
    <header class="mm-head">
      <div>
        <h2>
          <PipelineSign state={state} /> {name}
        </h2>
        <p class="mm-sub">
          {t(`flow.state.${state}`)} <Age at={since} />
        </p>
        <p class="mm-sub">{facts.join(' · ')}</p>
      </div>
    </header>
  );
}

/** What keeps it from working is told as its error already. */
function Problems({ pipeline: { problems, error } }: { readonly pipeline: PipelineView }) {
  const others = problems.filter(({ message }) => message !== error?.message);
  if (others.length === 0) return null;
  return (
    <ul class="mm-plain" aria-label={t('flow.problems')}>
      {others.map(({ code, message, node }) => (
        <li key={`${code} ${message}`}>
          {message} {node && <NodeLink id={node} />}
        </li>
      ))}
    </ul>
  );
}
