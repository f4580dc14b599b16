import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ListToolbar, type ListWords } from './list-toolbar';
import { Pager } from './pager';
import { usePage } from './pages';

/** What is said around the rows of a list. */
export interface SearchedListWords<Order extends string> extends ListWords<Order> {
  readonly label: string;
  readonly noMatch: (search: string) => string;
}

/** A list of a sub-tab, sorted by name until another order is asked for. */
export function SearchedList<Item, Order extends string>({
  items,
  words,
  arrange,
  onAdd,
  above,
  row,
  below,
}: {
  readonly items: readonly Item[];
  readonly words: SearchedListWords<'name' | Order>;
  /** The items that hold every word of the search, in the order asked for. */
  readonly arrange: (items: readonly Item[], search: string, order: 'name' | Order) => readonly Item[];
  /** Absent: the user may add none. */
  readonly onAdd?: (() => void) | undefined;
  /** Between the search and the rows, as what an empty list says. */
  readonly above?: ComponentChildren;
  /** Has a key. */
  readonly row: (item: Item) => ComponentChildren;
  readonly below?: ComponentChildren;
}) {
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<'name' | Order>('name');
  const page = usePage(arrange(items, search, order));
  return (
    <>
      <ListToolbar
        words={words}
        search={search}
        onSearch={setSearch}
        order={order}
        onOrder={setOrder}
        {...(onAdd && { onAdd })}
      />
      {above}
      {items.length > 0 && page.total === 0 && <p class="mm-empty">{words.noMatch(search)}</p>}
      <ul class="mm-list" aria-label={words.label}>
        {page.shown.map(row)}
      </ul>
      {below}
      <Pager page={page} />
    </>
  );
}
