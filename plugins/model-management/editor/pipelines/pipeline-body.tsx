import type { ComponentChildren } from 'preact';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { NodeLink } from './node-link';
import type { PipelineDetails, PipelinePlace, PipelineView } from './pipeline-client';
import { PipelineDrawing } from './pipeline-drawing';
import { PipelineRuns } from './pipeline-runs';
import { ProblemList } from './problem-list';
import { ResultTable } from './result-table';
import type { ShownPipeline } from './use-pipeline';

/** What a pipeline does, here or on an edge: its fault, its drawing, its runs and its last results. */
export function PipelineBody({
  place,
  data,
  shown: { runs, results, figures, refresh },
  actions,
  beside,
}: {
  readonly place: PipelinePlace;
  readonly data: PipelineDetails;
  readonly shown: ShownPipeline;
  readonly actions: ComponentChildren;
  /** Between the drawing and the runs. */
  readonly beside?: ComponentChildren;
}) {
  return (
    <>
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
      {actions}
      <ProblemList pipeline={data} />
      <PipelineDrawing drawing={data} pipeline={data} runs={runs.data ?? []} figures={figures.data ?? []} />
      {beside}
      {runs.error && <ErrorBox error={runs.error} onRetry={refresh} />}
      {runs.data && <PipelineRuns place={place} runs={runs.data} />}
      {results.error && <ErrorBox error={results.error} onRetry={refresh} />}
      {results.data && <ResultTable results={results.data} />}
    </>
  );
}

/** Then it is told with the way to mend it. */
const isProblem = ({ problems, error }: PipelineView): boolean =>
  problems.some(({ message }) => message === error?.message);

/** Its topics, models and libraries, in a line. */
export function PipelineFacts({ pipeline }: { readonly pipeline: PipelineView }) {
  const { inbound, outbound, models, libraries } = pipeline;
  const facts = [
    inbound.length > 0 && t('flow.inbound', { topics: inbound.join(', ') }),
    outbound.length > 0 && t('flow.outbound', { topics: outbound.join(', ') }),
    models.length > 0 && t('flow.models', { names: models.join(', ') }),
    libraries.length > 0 && t('flow.libraries', { names: libraries.join(', ') }),
  ].filter(Boolean);
  return <p class="mm-sub">{facts.join(' · ')}</p>;
}
