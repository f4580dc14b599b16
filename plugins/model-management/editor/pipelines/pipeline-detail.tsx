import { useCallback } from 'preact/hooks';
import { Age } from '../age';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { usePipelineChanges, usePolling, useResource } from '../live';
import { NodeLink } from './node-link';
import { PipelineActions } from './pipeline-actions';
import { fetchNodes, fetchPipeline, fetchPipelineRuns, fetchResults, type PipelineView } from './pipeline-client';
import { PipelineDrawing } from './pipeline-drawing';
import { PipelineRuns } from './pipeline-runs';
import { PipelineSign } from './pipeline-sign';
import { ProblemList } from './problem-list';
import { ResultTable } from './result-table';

const FIGURES_MS = 2_000;

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
  // To ask is what keeps the nodes timed.
  const figures = useResource((signal) => fetchNodes(id, signal), [id]);
  usePolling(figures.poll, FIGURES_MS);
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
      {data.error && !isProblem(data) && (
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
      <ProblemList pipeline={data} />
      <PipelineDrawing drawing={data} pipeline={data} runs={runs.data ?? []} figures={figures.data ?? []} />
      {runs.error && <ErrorBox error={runs.error} onRetry={refresh} />}
      {runs.data && <PipelineRuns runs={runs.data} />}
      {results.error && <ErrorBox error={results.error} onRetry={refresh} />}
      {results.data && <ResultTable results={results.data} />}
    </div>
  );
}

/** Then it is told with the way to mend it. */
const isProblem = ({ problems, error }: PipelineView): boolean =>
  problems.some(({ message }) => message === error?.message);

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
