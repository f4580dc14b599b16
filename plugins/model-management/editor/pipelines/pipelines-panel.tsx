import { Busy, ErrorBox } from '../feedback';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { SearchedList, type SearchedListWords } from '../list/searched-list';
import { useEdgeChanges, usePipelineChanges, useResource } from '../live';
import { openNewPipeline } from './new-pipeline';
import { EdgeChips } from './on-edges/edge-chips';
import { fetchPipelines, type PipelineOnEdges } from './pipeline-client';
import { arrange, type Order } from './pipeline-order';
import { PipelineSign, PipelineStateText } from './pipeline-sign';
import { openPipeline } from './pipeline-tray';
import { mayChangeFlows } from './rights';

const words = (): SearchedListWords<Order> => ({
  toolbar: t('flow.list.toolbar'),
  search: t('flow.list.search'),
  orders: { name: t('list.order.name'), last: t('flow.list.last') },
  label: t('flow.list.label'),
  noMatch: (search) => t('flow.list.noMatch', { search }),
});

/** The sub-tab: every flow tab that holds one of our nodes. */
export function PipelinesPanel() {
  const { data, error, reload } = useResource(fetchPipelines, []);
  usePipelineChanges(reload);
  // Any of them: it may be new on one.
  useEdgeChanges(reload);
  return (
    <div class="mm-panel">
      <div class="mm-pane">
        {error && <ErrorBox error={error} onRetry={reload} />}
        {!data && !error && <Busy text={t('flow.list.loading')} />}
        {data && <PipelineList pipelines={data} />}
      </div>
    </div>
  );
}

function PipelineList({ pipelines }: { readonly pipelines: readonly PipelineOnEdges[] }) {
  return (
    <SearchedList
      items={pipelines}
      words={words()}
      arrange={arrange}
      onAdd={mayChangeFlows() ? openNewPipeline : undefined}
      above={pipelines.length === 0 && <p class="mm-empty">{t('flow.list.empty')}</p>}
      row={(pipeline) => <Row key={pipeline.id} pipeline={pipeline} />}
    />
  );
}

function Row({ pipeline }: { readonly pipeline: PipelineOnEdges }) {
  const { id, name, state, since, failedOnTab, counters, error, edges } = pipeline;
  const count = (value: number): string => formatNumber(value, RED.i18n.lang(), 4);
  return (
    <li>
      <button type="button" class="mm-row mm-job-row" onClick={() => openPipeline(id, name)}>
        <PipelineSign state={state} />
        <span class="mm-row-name">{name}</span>
        <span class="mm-row-usage">
          <span>
            <PipelineStateText state={state} since={since} failedAt={failedOnTab} />
          </span>
          <span>{t('flow.counts', { runs: count(counters.runs), failed: count(counters.failed) })}</span>
          <EdgeChips edges={edges} />
          {error && <span class="mm-cut">{error.message}</span>}
        </span>
      </button>
    </li>
  );
}
