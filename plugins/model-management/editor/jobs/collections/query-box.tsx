import { useId, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Toggle } from '../../toggle';
import { QueryPreview } from './query-preview';

/** A place to try a query before it goes into a job. */
export function QueryBox({ first }: { readonly first: string }) {
  const id = useId();
  const [query, setQuery] = useState(`SELECT * FROM ${first}`);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <section class="mm-form">
      <label class="mm-block" for={id}>
        <span>{t('collection.query')}</span>
        <textarea
          id={id}
          class="mm-query"
          rows={3}
          spellcheck={false}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </label>
      <div class="mm-buttons">
        <Toggle open={isOpen} text={t('collection.preview')} onClick={() => setIsOpen(!isOpen)} />
      </div>
      {isOpen && <QueryPreview source="local" query={query} />}
    </section>
  );
}
