import { t } from '../i18n';
import { SearchedList, type SearchedListWords } from '../list/searched-list';
import type { Library } from './contract';
import { arrange, type Order } from './library-order';
import { LibraryRow } from './library-row';

const words = (): SearchedListWords<Order> => ({
  toolbar: t('library.list.toolbar'),
  search: t('library.list.search'),
  orders: { name: t('list.order.name'), updated: t('list.order.updated'), used: t('list.order.used') },
  label: t('library.list.label'),
  noMatch: (search) => t('library.list.noMatch', { search }),
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
  const hasOwn = libraries.some(({ builtIn }) => !builtIn);
  return (
    <SearchedList
      items={libraries}
      words={words()}
      arrange={arrange}
      onAdd={onAdd}
      above={!hasOwn && <p class="mm-empty">{t(onAdd ? 'library.list.empty' : 'library.list.emptyReadOnly')}</p>}
      row={(library) => <LibraryRow key={library.name} library={library} onOpen={onOpen} />}
    />
  );
}
