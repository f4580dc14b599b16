import { t } from '../i18n';
import { OnEdgeState, revisionText } from '../pipelines/on-edges/on-edge-state';
import { OnEdgeLink } from '../pipelines/on-edges/on-edge-tray';
import type { EdgePipelineView } from '../pipelines/on-edges/on-edges-client';
import type { EdgeView } from './edge-client';
import { WantedTable } from './wanted-table';

/** The pipelines that shall run there beside how they do; also of those whose tab is gone here. */
export function EdgePipelines({ edge: { name, pipelines } }: { readonly edge: EdgeView }) {
  return (
    <section>
      <h3>{t('tab.pipelines')}</h3>
      {pipelines.length === 0 && <p class="mm-hint">{t('edge.pipeline.none')}</p>}
      {pipelines.length > 0 && (
        <WantedTable
          label={t('tab.pipelines')}
          of={t('usage.kind.pipeline')}
          rows={pipelines}
          row={(pipeline) => <Row key={pipeline.id} edge={name} pipeline={pipeline} />}
        />
      )}
    </section>
  );
}

function Row({ edge, pipeline }: { readonly edge: string; readonly pipeline: EdgePipelineView }) {
  const { id, name, desired, reported } = pipeline;
  return (
    <tr>
      <td>
        <OnEdgeLink id={id} name={name} edge={edge} text={name} />
      </td>
      <td data-name={t('edge.column.wanted')}>{revisionText(desired)}</td>
      <td data-name={t('edge.column.runs')}>{revisionText(reported.revision)}</td>
      <td>
        <OnEdgeState onEdge={pipeline} />
      </td>
    </tr>
  );
}
