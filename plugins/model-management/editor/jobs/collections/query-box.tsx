import { useId, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Toggle } from '../../toggle';
import type { SourceView } from '../contract';
import { SourceSelect } from '../form/source-select';
import { QueryPreview } from './query-preview';

/** A place to try a query before it goes into a job. */
export function QueryBox({ first, sources }: { readonly first: string; readonly sources: readonly SourceView[] }) {
  const id = useId();
  const [query, setQuery] = useState(first === '' ? 'SELECT 1' : `SELECT * FROM ${first}`);
  const [source, setSource] = useState('local');
  const [isOpen, setIsOpen] = useState(false);
  const asked = { query, source, newDataOnly: false, newDataCollections: [], lagMs: 0 };
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
      <SourceSelect sources={sources.map(({ name }) => name)} value={source} onChange={setSource} />
      <div class="mm-buttons">
        <Toggle open={isOpen} text={t('collection.preview')} onClick={() => setIsOpen(!isOpen)} />
      </div>
      {isOpen && <QueryPreview query={asked} />}
    </section>
  );
}
