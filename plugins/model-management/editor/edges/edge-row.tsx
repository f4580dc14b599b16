import { LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import { Age } from '../age';
import { t, tCount } from '../i18n';
import type { EdgeModelView, EdgeView } from './edge-client';
import { lookOf } from './edge-look';
import { EdgeSign } from './edge-sign';
import { openEdge } from './edge-tray';
import { ModelProgress } from './model-progress';

export function EdgeRow({ edge }: { readonly edge: EdgeView }) {
  const { name, labels, models, pipelines, state, since } = edge;
  const look = lookOf(edge);
  return (
    <li>
      <button type="button" class="mm-row mm-job-row" onClick={() => openEdge(name)}>
        <EdgeSign look={look} />
        <span class="mm-row-name">{name}</span>
        <span class="mm-row-usage">
          {name === LOCAL_EDGE ? (
            <span>{t('edge.local')}</span>
          ) : (
            <span>
              {t(`edge.look.${look}`)} {state !== 'online' && state !== 'pending' && <Age at={since} />}
            </span>
          )}
          <Running models={models} />
          {pipelines.length > 0 && <span>{tCount('edge.pipelines', pipelines.length)}</span>}
          {labels.map((label) => (
            <span class="mm-tag" key={label}>
              {label}
            </span>
          ))}
          {models
            .filter((model) => model.state !== 'running')
            .map((model) => (
              <Unsettled key={model.name} model={model} />
            ))}
        </span>
      </button>
    </li>
  );
}

/** "plus v3" or "4 models" */
function Running({ models }: { readonly models: readonly EdgeModelView[] }) {
  const [first, second] = models;
  if (!first) return null;
  if (second) return <span>{tCount('edge.models', models.length)}</span>;
  const { name, reported } = first;
  // Until it runs, what is wanted says enough.
  if (reported === null) return null;
  return (
    <span>
      {name} {t('version.short', { version: reported })}
    </span>
  );
}

/** One that is not yet what is wanted. */
function Unsettled({ model }: { readonly model: EdgeModelView }) {
  return (
    <span class="mm-edge-unsettled">
      {t('edge.wants', { name: model.name, version: model.desired })} <ModelProgress model={model} />
    </span>
  );
}
