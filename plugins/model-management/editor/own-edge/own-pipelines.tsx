import type { OwnEdge } from '../edges/edge-client';
import { t } from '../i18n';
import { OnEdgeState, revisionText, revisionWords } from '../pipelines/on-edges/on-edge-state';
import { openPipeline } from '../pipelines/pipeline-tray';
import { OwnList } from './own-list';

/** The pipelines of the hub that run here or shall do so, and how that stands; nothing where there are none. */
export function OwnPipelines({ pipelines }: Pick<OwnEdge, 'pipelines'>) {
  if (pipelines.length === 0) return null;
  return (
    <OwnList
      title={t('edge.own.pipelines')}
      rows={pipelines}
      row={(pipeline) => <OwnPipeline key={pipeline.id} pipeline={pipeline} />}
    />
  );
}

function OwnPipeline({ pipeline }: { readonly pipeline: OwnEdge['pipelines'][number] }) {
  const { id, name, desired, reported } = pipeline;
  const { revision } = reported;
  const words =
    desired === null ? { pending: t('edge.own.goes'), failed: t('edge.own.stays') } : { pending: t('edge.own.comes') };
  return (
    <li>
      {revision === null ? (
        <strong>{name}</strong>
      ) : (
        <button type="button" class="mm-link" onClick={() => openPipeline(id, name)}>
          {name}
        </button>
      )}{' '}
      <span class="mm-sub">{desired === null ? revisionText(revision) : revisionWords(desired, revision)}</span>
      <OnEdgeState onEdge={pipeline} words={words} />
    </li>
  );
}
