import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { OnEdgeState, revisionText } from '../pipelines/on-edges/on-edge-state';
import { openPipelineOnEdge } from '../pipelines/on-edges/on-edge-tray';
import type { EdgePipelineView } from '../pipelines/on-edges/on-edges-client';
import { closeTray } from '../widgets/tray';
import type { EdgeView } from './edge-client';

/** The pipelines that shall run there beside how they do; also of those whose tab is gone here. */
export function EdgePipelines({ edge: { name, pipelines } }: { readonly edge: EdgeView }) {
  const page = usePage(pipelines);
  return (
    <section>
      <h3>{t('tab.pipelines')}</h3>
      {pipelines.length === 0 && <p class="mm-hint">{t('edge.pipeline.none')}</p>}
      {pipelines.length > 0 && (
        <div class="mm-table-wrap">
          <table class="mm-table mm-stack" aria-label={t('tab.pipelines')}>
            <thead>
              <tr>
                <th scope="col">{t('usage.kind.pipeline')}</th>
                <th scope="col">{t('edge.column.wanted')}</th>
                <th scope="col">{t('edge.column.runs')}</th>
                <th scope="col">{t('run.column.state')}</th>
              </tr>
            </thead>
            <tbody>
              {page.shown.map((pipeline) => (
                <Row key={pipeline.id} edge={name} pipeline={pipeline} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <PagerOfMany page={page} />
    </section>
  );
}

function Row({ edge, pipeline }: { readonly edge: string; readonly pipeline: EdgePipelineView }) {
  const { id, name, desired, reported } = pipeline;
  return (
    <tr>
      <td>
        <button
          type="button"
          class="mm-link"
          title={t('flow.onEdges.open', { name, edge })}
          onClick={() => void closeTray().then(() => openPipelineOnEdge({ id, edge }, name))}
        >
          {name}
        </button>
      </td>
      <td data-name={t('edge.column.wanted')}>{revisionText(desired)}</td>
      <td data-name={t('edge.column.runs')}>{revisionText(reported.revision)}</td>
      <td>
        <OnEdgeState onEdge={pipeline} />
      </td>
    </tr>
  );
}
