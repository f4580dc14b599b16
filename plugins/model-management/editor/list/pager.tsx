import { t } from '../i18n';
import type { Page } from './pages';

/** "51–100 of 312", with the ways to the other pages where there are any; nothing for an empty list. */
export function Pager({ page: { shown, first, total, onPrevious, onNext } }: { readonly page: Page<unknown> }) {
  if (total === 0) return null;
  const hasPages = onPrevious !== undefined || onNext !== undefined;
  return (
    <div class="mm-pager">
      {hasPages && <PageButton icon="fa-angle-left" label={t('list.previous')} onClick={onPrevious} />}
      <span role="status">{t('list.range', { from: first + 1, to: first + shown.length, total })}</span>
      {hasPages && <PageButton icon="fa-angle-right" label={t('list.next')} onClick={onNext} />}
    </div>
  );
}

/** The same for lists that are short mostly: nothing while all rows are in sight. */
export function PagerOfMany({ page }: { readonly page: Page<unknown> }) {
  return page.total > page.shown.length ? <Pager page={page} /> : null;
}

/** Stays where it is, with the focus, when there is no such page. */
function PageButton({
  icon,
  label,
  onClick,
}: {
  readonly icon: string;
  readonly label: string;
  readonly onClick: (() => void) | undefined;
}) {
  return (
    <button
      type="button"
      class="red-ui-button red-ui-button-small"
      aria-label={label}
      title={label}
      aria-disabled={onClick === undefined}
      onClick={onClick}
    >
      <i class={`fa ${icon}`} aria-hidden="true" />
    </button>
  );
}
