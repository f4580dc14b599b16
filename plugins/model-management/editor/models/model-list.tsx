import type { Health, Model } from '../contract';
import { t } from '../i18n';
import { SearchedList, type SearchedListWords } from '../list/searched-list';
import { isEdge } from '../rights';
import { arrange, type Order } from './model-order';
import { ModelRow } from './model-row';

const words = (): SearchedListWords<Order> => ({
  toolbar: t('list.toolbar'),
  search: t('list.search'),
  orders: { name: t('list.order.name'), updated: t('list.order.updated'), metric: t('list.order.metric') },
  label: t('list.label'),
  noMatch: (search) => t('list.noMatch', { search }),
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
  return (
    <SearchedList
      items={models}
      words={words()}
      arrange={arrange}
      onAdd={onAdd}
      above={
        models.length === 0 && (
          <p class="mm-empty">{t(onAdd ? 'list.empty' : isEdge() ? 'edge.own.elsewhere' : 'list.emptyReadOnly')}</p>
        )
      }
      row={(model) => <ModelRow key={model.name} model={model} health={health} onOpen={onOpen} />}
    />
  );
}
