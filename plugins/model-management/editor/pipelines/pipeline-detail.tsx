import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useEdgeChanges } from '../live';
import { isEdge } from '../rights';
import { PipelineEdges } from './on-edges/pipeline-edges';
import { PipelineActions } from './pipeline-actions';
import { PipelineBody, PipelineFacts } from './pipeline-body';
import type { PipelineView } from './pipeline-client';
import { PipelineSign, PipelineStateText } from './pipeline-sign';
import { usePipeline } from './use-pipeline';

/** A pipeline: its state, what can be done with it, the edges that run it, its runs and its last results. */
export function PipelineDetail({ id }: { readonly id: string }) {
  const shown = usePipeline({ id });
  const { pipeline, refresh } = shown;
  const { data } = pipeline;
  // Any of them: it may be new on one.
  useEdgeChanges(pipeline.reload);
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
      <PipelineBody
        place={{ id }}
        data={data}
        shown={shown}
        actions={<PipelineActions pipeline={data} onChanged={refresh} />}
        beside={!isEdge() && <PipelineEdges pipeline={data} onChanged={pipeline.reload} />}
      />
    </div>
  );
}

function Head({ pipeline }: { readonly pipeline: PipelineView }) {
  const { name, state, since } = pipeline;
  return (
    <header class="mm-head">
      <div>
        <h2>
          <PipelineSign state={state} /> {name}
        </h2>
        <p class="mm-sub">
          <PipelineStateText state={state} since={since} />
        </p>
        <PipelineFacts pipeline={pipeline} />
      </div>
    </header>
  );
}
