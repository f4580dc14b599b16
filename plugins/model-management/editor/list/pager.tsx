import { t } from '../i18n';
import type { Page } from './pages';

/** "51–100 of 312", with the ways to the other pages; nothing for an empty list. */
export function Pager({ page: { shown, first, total, onPrevious, onNext } }: { readonly page: Page<unknown> }) {
  if (total === 0) return null;
  return (
    <div class="mm-pager" role="status">
      {onPrevious && <PageButton icon="fa-angle-left" label={t('list.previous')} onClick={onPrevious} />}
      <span>{t('list.range', { from: first + 1, to: first + shown.length, total })}</span>
      {onNext && <PageButton icon="fa-angle-right" label={t('list.next')} onClick={onNext} />}
    </div>
  );
}

function PageButton({
  icon,
  label,
  onClick,
}: {
  readonly icon: string;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="red-ui-button red-ui-button-small" aria-label={label} title={label} onClick={onClick}>
      <i class={`fa ${icon}`} aria-hidden="true" />
    </button>
  );
}
