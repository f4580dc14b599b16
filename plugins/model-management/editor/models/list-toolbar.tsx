import { t } from '../i18n';
import { type Order, orders } from './model-order';

export function ListToolbar({
  search,
  onSearch,
  order,
  onOrder,
  onAdd,
}: {
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly onAdd?: () => void;
}) {
  return (
    <div class="mm-toolbar" role="toolbar" aria-label={t('list.toolbar')}>
      <input
        type="search"
        value={search}
        placeholder={t('list.search')}
        aria-label={t('list.search')}
        onInput={(event) => onSearch(event.currentTarget.value)}
      />
      <select
        value={order}
        aria-label={t('list.order.label')}
        title={t('list.order.label')}
        onChange={(event) => onOrder(orders.find((one) => one === event.currentTarget.value) ?? 'name')}
      >
        {orders.map((one) => (
          <option key={one} value={one}>
            {t(`list.order.${one}`)}
          </option>
        ))}
      </select>
      {onAdd && (
        <button type="button" class="red-ui-button red-ui-button-small" onClick={onAdd}>
          <i class="fa fa-plus" aria-hidden="true" /> {t('list.add')}
        </button>
      )}
    </div>
  );
}
