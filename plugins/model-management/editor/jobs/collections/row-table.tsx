import { t } from '../../i18n';
import type { Row } from '../contract';

const CUT = 60;

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > CUT ? `${text.slice(0, CUT)}…` : text;
}

/** Rows as they are stored: numbers at the right, long values cut. */
export function RowTable({ columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly Row[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="mm-table-wrap mm-rows" tabIndex={0} aria-label={t('collection.rows')}>
      <table class="mm-table">
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={typeof row['item_id'] === 'string' ? row['item_id'] : index}>
              {columns.map((name) => (
                <td key={name} class={typeof row[name] === 'number' ? 'mm-number' : ''}>
                  {cellText(row[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
