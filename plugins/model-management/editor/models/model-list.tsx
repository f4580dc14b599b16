import { useState } from 'preact/hooks';
import type { Health, Model } from '../contract';
import { t } from '../i18n';
import { ListToolbar } from './list-toolbar';
import { arrange, type Order } from './model-order';
import { ModelRow } from './model-row';

/** Rows at once; more are a page further, so that a thousand models do not slow the editor down. */
const PAGE_COUNT = 50;

export function ModelList({
  models,
  health,
  onOpen,
  onAdd,
}: {
  readonly models: readonly Model[];
  readonly health: Health | undefined;
  readonly onOpen: (name: string) => void;
  /** Absent: the user may not change models. */
  readonly onAdd?: () => void;
}) {
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<Order>('name');
  const [page, setPage] = useState(0);
  const found = arrange(models, search, order);
  const first = Math.min(page, Math.max(0, Math.ceil(found.length / PAGE_COUNT) - 1)) * PAGE_COUNT;
  const shown = found.slice(first, first + PAGE_COUNT);

  return (
    <>
      <ListToolbar search={search} onSearch={setSearch} order={order} onOrder={setOrder} {...(onAdd && { onAdd })} />
      {models.length === 0 && <p class="mm-empty">{t(onAdd ? 'list.empty' : 'list.emptyReadOnly')}</p>}
      {models.length > 0 && found.length === 0 && <p class="mm-empty">{t('list.noMatch', { search })}</p>}
      <ul class="mm-list" aria-label={t('list.label')}>
        {shown.map((model) => (
          <ModelRow key={model.name} model={model} health={health} onOpen={onOpen} />
        ))}
      </ul>
      {found.length > 0 && (
        <div class="mm-pager" role="status">
          {first > 0 && (
            <PageButton icon="fa-angle-left" label={t('list.previous')} onClick={() => setPage(page - 1)} />
          )}
          <span>{t('list.range', { from: first + 1, to: first + shown.length, total: found.length })}</span>
          {first + shown.length < found.length && (
            <PageButton icon="fa-angle-right" label={t('list.next')} onClick={() => setPage(page + 1)} />
          )}
        </div>
      )}
    </>
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
