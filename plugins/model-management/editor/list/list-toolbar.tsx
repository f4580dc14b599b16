import { t } from '../i18n';

/** What a list says of itself, in words. */
export interface ListWords<Order extends string> {
  readonly toolbar: string;
  readonly search: string;
  /** Name of each way to sort, in the order in which they are offered. */
  readonly orders: Readonly<Record<Order, string>>;
}

export function ListToolbar<Order extends string>({
  words,
  search,
  onSearch,
  order,
  onOrder,
  onAdd,
}: {
  readonly words: ListWords<Order>;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly onAdd?: () => void;
}) {
  const orders = Object.keys(words.orders) as Order[];
  return (
    <div class="mm-toolbar" role="toolbar" aria-label={words.toolbar}>
      <input
        type="search"
        value={search}
        placeholder={words.search}
        aria-label={words.search}
        onInput={(event) => onSearch(event.currentTarget.value)}
      />
      <select
        value={order}
        aria-label={t('list.order.label')}
        title={t('list.order.label')}
        onChange={(event) => onOrder(orders.find((one) => one === event.currentTarget.value) ?? order)}
      >
        {orders.map((one) => (
          <option key={one} value={one}>
            {words.orders[one]}
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
