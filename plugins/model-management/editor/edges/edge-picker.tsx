import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { holdsWords } from '../list/search';
import type { EdgeView } from './edge-client';

/** From here on a search is quicker than looking. */
const SEARCH_FROM = 8;

/** What is picked, with one more or without it. */
export const withOrWithout = (picked: readonly string[], one: string, isPicked: boolean): readonly string[] =>
  isPicked ? [...picked, one] : picked.filter((other) => other !== one);

/** Edges to be ticked, a page at a time, with a search where they are many. */
export function EdgePicker({
  edges,
  isPicked,
  onPick,
  more,
}: {
  readonly edges: readonly Pick<EdgeView, 'name' | 'labels'>[];
  readonly isPicked: (name: string) => boolean;
  readonly onPick: (name: string, isPicked: boolean) => void;
  /** What is asked besides, behind the name. */
  readonly more?: (name: string) => ComponentChildren;
}) {
  const [search, setSearch] = useState('');
  const found = edges.filter(({ name, labels }) => holdsWords({ name, description: labels.join(' ') }, search));
  const page = usePage(found);
  return (
    <>
      {edges.length >= SEARCH_FROM && (
        <input
          type="search"
          value={search}
          placeholder={t('edge.list.search')}
          aria-label={t('edge.list.search')}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <ul class="mm-choices" aria-label={t('tab.edges')}>
        {page.shown.map(({ name }) => (
          <li key={name}>
            <label class="mm-check">
              <input
                type="checkbox"
                checked={isPicked(name)}
                onChange={(event) => onPick(name, event.currentTarget.checked)}
              />{' '}
              {name}
            </label>
            {more?.(name)}
          </li>
        ))}
      </ul>
      <PagerOfMany page={page} />
    </>
  );
}
