import type { Tags } from './contract';
import { t } from './i18n';

/** `team:vision`, as the search finds it; the name alone where there is no value. */
function tagText(name: string, value: string): string {
  return value === '' ? name : `${name}:${value}`;
}

export function tagTexts(tags: Tags): readonly string[] {
  return Object.entries(tags).map(([name, value]) => tagText(name, value));
}

/** Nothing where there are none. */
export function TagList({ tags }: { readonly tags: Tags }) {
  const texts = tagTexts(tags);
  if (texts.length === 0) return null;
  return (
    <ul class="mm-tags" aria-label={t('tag.list')}>
      {texts.map((text) => (
        <li class="mm-tag" key={text} title={text}>
          {text}
        </li>
      ))}
    </ul>
  );
}
