import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';

/** What is wanted of an edge beside what runs there and how that stands, a page at a time. */
export function WantedTable<T>({
  label,
  of,
  rows,
  row,
}: {
  readonly label: string;
  /** Heads the first column: what each row is about. */
  readonly of: string;
  readonly rows: readonly T[];
  /** Four cells, with a key. */
  readonly row: (one: T) => ComponentChildren;
}) {
  const page = usePage(rows);
  return (
    <>
      <div class="mm-table-wrap">
        <table class="mm-table mm-stack" aria-label={label}>
          <thead>
            <tr>
              <th scope="col">{of}</th>
              <th scope="col">{t('edge.column.wanted')}</th>
              <th scope="col">{t('edge.column.runs')}</th>
              <th scope="col">{t('run.column.state')}</th>
            </tr>
          </thead>
          <tbody>{page.shown.map(row)}</tbody>
        </table>
      </div>
      <PagerOfMany page={page} />
    </>
  );
}
