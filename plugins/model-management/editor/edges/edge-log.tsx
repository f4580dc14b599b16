import { isSameEdge } from '../../../../lib/edges/protocol/names';
import { Age } from '../age';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { useEdgeChanges, useResource } from '../live';
import { type EdgeLogEntry, fetchEdgeLog } from './edge-client';

const ICONS: Record<EdgeLogEntry['level'], string> = {
  error: 'fa-times-circle',
  warn: 'fa-exclamation-triangle',
  info: 'fa-info-circle',
};

/** What the edge told since this Node-RED started, the newest first. */
export function EdgeLog({ name }: { readonly name: string }) {
  const { data, error, reload } = useResource((signal) => fetchEdgeLog(name, signal), [name]);
  useEdgeChanges(reload, (changed) => isSameEdge(changed, name));
  const page = usePage(data ?? []);
  return (
    <section>
      <h3>{t('edge.log.title')}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('edge.log.loading')} />}
      {data?.length === 0 && <p class="mm-hint">{t('edge.log.empty')}</p>}
      <ul class="mm-edge-log" aria-label={t('edge.log.title')}>
        {page.shown.map(({ at, level, text }, index) => (
          <li key={`${at} ${index}`}>
            <i
              class={`fa ${ICONS[level]}`}
              role="img"
              aria-label={t(`edge.log.${level}`)}
              title={t(`edge.log.${level}`)}
            />{' '}
            {text}{' '}
            <span class="mm-sub">
              · <Age at={at} />
            </span>
          </li>
        ))}
      </ul>
      <PagerOfMany page={page} />
    </section>
  );
}
