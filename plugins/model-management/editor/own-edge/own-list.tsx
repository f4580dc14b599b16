import type { ComponentChildren } from 'preact';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';

/** One kind of what an edge has of its hub, a page at a time. */
export function OwnList<T>({
  title,
  rows,
  row,
}: {
  readonly title: string;
  readonly rows: readonly T[];
  /** A `li`, with a key. */
  readonly row: (one: T) => ComponentChildren;
}) {
  const page = usePage(rows);
  return (
    <>
      <h3>{title}</h3>
      <ul class="mm-own-list" aria-label={title}>
        {page.shown.map(row)}
      </ul>
      <PagerOfMany page={page} />
    </>
  );
}
