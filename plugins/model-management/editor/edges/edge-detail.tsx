import { isSameEdge, LOCAL_EDGE } from '../../../../lib/edges/protocol/names';
import { Busy, ErrorBox } from '../feedback';
import { formatMoment } from '../format';
import { t } from '../i18n';
import { useEdgeChanges, useResource } from '../live';
import { mayWrite } from '../rights';
import { EdgeActions } from './edge-actions';
import { EdgeCapabilities } from './edge-capabilities';
import { type EdgeView, fetchEdge } from './edge-client';
import { EdgeLog } from './edge-log';
import { lookOf } from './edge-look';
import { EdgeModels } from './edge-models';
import { EdgePipelines } from './edge-pipelines';
import { EdgeSign } from './edge-sign';

/** An edge: its state, what it can do, what it shall run beside what it runs, and what it told. */
export function EdgeDetail({ name }: { readonly name: string }) {
  const { data, error, reload, cancel } = useResource((signal) => fetchEdge(name, signal), [name]);
  useEdgeChanges(reload, (changed) => isSameEdge(changed, name));
  if (!data) {
    return error ? (
      <ErrorBox error={error} onRetry={reload} />
    ) : (
      <Busy text={t('tray.loading', { name })} onCancel={cancel} />
    );
  }
  const isOther = data.name !== LOCAL_EDGE;
  return (
    <div class="mm-detail">
      {error && <ErrorBox error={error} onRetry={reload} />}
      <Head edge={data} />
      {isOther && mayWrite() && <EdgeActions edge={data} onChanged={reload} />}
      <EdgeModels edge={data} />
      {isOther && <EdgePipelines edge={data} />}
      <EdgeCapabilities edge={data} />
      {isOther && <EdgeLog name={data.name} />}
    </div>
  );
}

function Head({ edge }: { readonly edge: EdgeView }) {
  const { name, state, since, labels } = edge;
  const look = lookOf(edge);
  return (
    <header class="mm-head">
      <div>
        <h2>
          <EdgeSign look={look} /> {name}
        </h2>
        <p class="mm-sub">
          {name === LOCAL_EDGE ? t('edge.local') : t(`edge.look.${state}`)}{' '}
          {t(state === 'pending' ? 'tray.created' : 'edge.since')}{' '}
          <time dateTime={since}>{formatMoment(since, RED.i18n.lang())}</time>
        </p>
        {state !== 'online' && <p>{t(`edge.state.${state}`)}</p>}
        {labels.length > 0 && (
          <ul class="mm-tags" aria-label={t('edge.labels')}>
            {labels.map((label) => (
              <li class="mm-tag" key={label}>
                {label}
              </li>
            ))}
          </ul>
        )}
      </div>
    </header>
  );
}
