import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { useSettled } from '../../use-settled';
import { runQuery } from '../collection-client';
import { RowTable } from './row-table';

const ROW_COUNT = 20;

/** The first rows that a query answers with now. */
export function QueryPreview({ source, query }: { readonly source: string; readonly query: string }) {
  const settled = useSettled(query);
  const { data, error, reload } = useResource(
    (signal) => runQuery(source, settled, ROW_COUNT, signal),
    [source, settled],
  );
  if (error) return <ErrorBox error={error} onRetry={reload} />;
  if (!data) return <Busy text={t('collection.asking')} />;
  if (data.rows.length === 0) return <p class="mm-empty">{t('collection.noRows')}</p>;
  return (
    <>
      <RowTable columns={data.columns} rows={data.rows} />
      {data.truncated && <p class="mm-hint">{t('collection.more', { count: data.rows.length })}</p>}
    </>
  );
}
