import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { ListToolbar, type ListWords } from '../list/list-toolbar';
import { Pager } from '../list/pager';
import { usePage } from '../list/pages';
import type { Library } from './contract';
import { arrange, type Order } from './library-order';
import { LibraryRow } from './library-row';

const words = (): ListWords<Order> => ({
  toolbar: t('library.list.toolbar'),
  search: t('library.list.search'),
  orders: { name: t('list.order.name'), updated: t('list.order.updated'), used: t('list.order.used') },
});

export function LibraryList({
  libraries,
  onOpen,
  onAdd,
}: {
  readonly libraries: readonly Library[];
  readonly onOpen: (name: string) => void;
  /** Absent: the user may not change libraries. */
  readonly onAdd?: () => void;
}) {
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<Order>('name');
  const page = usePage(arrange(libraries, search, order));
  const hasOwn = libraries.some(({ builtIn }) => !builtIn);
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
      {!hasOwn && search === '' && (
        <p class="mm-empty">{t(onAdd ? 'library.list.empty' : 'library.list.emptyReadOnly')}</p>
      )}
      {libraries.length > 0 && page.total === 0 && <p class="mm-empty">{t('library.list.noMatch', { search })}</p>}
      <ul class="mm-list" aria-label={t('library.list.label')}>
        {page.shown.map((library) => (
          <LibraryRow key={library.name} library={library} onOpen={onOpen} />
        ))}
      </ul>
      <Pager page={page} />
    </>
  );
}
