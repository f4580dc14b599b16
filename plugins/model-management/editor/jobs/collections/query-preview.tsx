import { Busy, ErrorBox } from '../../feedback';
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { useSettled } from '../../use-settled';
import { countRows, type QueryToCount, runQuery } from '../collection-client';
import { RowTable } from './row-table';

const ROW_COUNT = 20;

/** The first rows that a query answers with now, how many there are, and how many of them a run would get. */
export function QueryPreview({ query, job }: { readonly query: QueryToCount; readonly job?: string }) {
  const { id, query: text, source, newDataOnly, newDataCollections, lagMs } = query;
  const asked: QueryToCount = { ...(id && { id }), query: text, source, newDataOnly, newDataCollections, lagMs };
  const settled = useSettled(JSON.stringify(asked));
  const parsed = JSON.parse(settled) as QueryToCount;
  const { data, error, reload } = useResource(
    (signal) => runQuery(parsed.source, parsed.query, ROW_COUNT, signal),
    [parsed.source, parsed.query],
  );
  const counts = useResource((signal) => countRows(parsed, job, signal), [settled, job ?? '']);
  if (error) return <ErrorBox error={error} onRetry={reload} />;
  if (!data) return <Busy text={t('collection.asking')} />;
  const number = (value: number): string => formatNumber(value, RED.i18n.lang(), 12);
  return (
    <>
      {counts.data && (
        <p class="mm-sub" role="status">
          {t('collection.count', { count: number(counts.data.rows) })}
          {parsed.newDataOnly && ` · ${t('collection.newCount', { count: number(counts.data.newRows) })}`}
        </p>
      )}
      {counts.error && <ErrorBox error={counts.error} onRetry={counts.reload} />}
      {data.rows.length === 0 ? (
        <p class="mm-empty">{t('collection.noRows')}</p>
      ) : (
        <RowTable columns={data.columns} rows={data.rows} />
      )}
      {data.truncated && <p class="mm-hint">{t('collection.more', { count: data.rows.length })}</p>}
    </>
  );
}
