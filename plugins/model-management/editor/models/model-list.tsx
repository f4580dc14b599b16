import { useState } from 'preact/hooks';
import type { Health, Model } from '../contract';
import { t } from '../i18n';
import { ListToolbar, type ListWords } from '../list/list-toolbar';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import { isEdge } from '../rights';
import { arrange, type Order } from './model-order';
import { ModelRow } from './model-row';

const words = (): ListWords<Order> => ({
  toolbar: t('list.toolbar'),
  search: t('list.search'),
  orders: { name: t('list.order.name'), updated: t('list.order.updated'), metric: t('list.order.metric') },
});

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
  const page = usePage(arrange(models, search, order));
  return (
    <>
      <ListToolbar
        words={words()}
        search={search}
        onSearch={setSearch}
        order={order}
        onOrder={setOrder}
        {...(onAdd && { onAdd })}
      />
      {models.length === 0 && (
        <p class="mm-empty">{t(onAdd ? 'list.empty' : isEdge() ? 'edge.own.elsewhere' : 'list.emptyReadOnly')}</p>
      )}
      {models.length > 0 && page.total === 0 && <p class="mm-empty">{t('list.noMatch', { search })}</p>}
      <ul class="mm-list" aria-label={t('list.label')}>
        {page.shown.map((model) => (
          <ModelRow key={model.name} model={model} health={health} onOpen={onOpen} />
        ))}
      </ul>
      <Pager page={page} />
    </>
  );
}
