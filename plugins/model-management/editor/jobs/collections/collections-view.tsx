import { useState } from 'preact/hooks';
import { isCollectionName } from '../../../../../lib/collections/names';
import { Busy, ErrorBox } from '../../feedback';
import { FormGroup } from '../../form-group';
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { useCollectionChanges, useResource, useTask } from '../../live';
import { TextField } from '../../widgets/text-field';
import { createCollection, fetchCollections, fetchSources } from '../collection-client';
import type { CollectionView } from '../contract';
import { mayWriteRows } from '../rights';
import { CollectionDetail } from './collection-detail';
import { QueryBox } from './query-box';
import { SourceList } from './source-list';

/** All collections; a press opens one. Below, a place to try queries. */
export function CollectionsView() {
  const { data, error, reload } = useResource(fetchCollections, []);
  const sources = useResource(fetchSources, []);
  const [open, setOpen] = useState<string>();
  useCollectionChanges(reload);
  if (!data) return error ? <ErrorBox error={error} onRetry={reload} /> : <Busy text={t('collection.loading')} />;
  return (
    <div class="mm-detail">
      {data.length === 0 && <p class="mm-empty">{t('collection.empty')}</p>}
      <ul class="mm-list" aria-label={t('collection.title')}>
        {data.map((collection) => (
          <li key={collection.name}>
            <Row
              collection={collection}
              isOpen={open === collection.name}
              onToggle={() => setOpen(open === collection.name ? undefined : collection.name)}
            />
            {open === collection.name && <CollectionDetail collection={collection} onChanged={reload} />}
          </li>
        ))}
      </ul>
      {mayWriteRows() && <NewCollection taken={data.map(({ name }) => name)} onMade={reload} />}
      {sources.error && <ErrorBox error={sources.error} onRetry={sources.reload} />}
      {sources.data && <SourceList sources={sources.data} onChanged={sources.reload} />}
      {mayWriteRows() && sources.data && (data.length > 0 || sources.data.length > 1) && (
        <QueryBox first={data[0]?.name ?? ''} sources={sources.data} />
      )}
    </div>
  );
}

function Row({
  collection: { name, rowCount, usedBy },
  isOpen,
  onToggle,
}: {
  readonly collection: CollectionView;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <button type="button" class="mm-row mm-job-row" aria-expanded={isOpen} onClick={onToggle}>
      <i class={`fa ${isOpen ? 'fa-caret-down' : 'fa-caret-right'}`} aria-hidden="true" />
      <span class="mm-row-name">{name}</span>
      <span class="mm-row-usage">
        {t('collection.count', { count: formatNumber(rowCount, RED.i18n.lang(), 12) })}
        {usedBy.length > 0 && ` · ${t('collection.usedBy', { jobs: usedBy.map((use) => use.name).join(', ') })}`}
      </span>
    </button>
  );
}

function NewCollection({ taken, onMade }: { readonly taken: readonly string[]; readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const { state, start } = useTask();
  const isTaken = taken.some((one) => one.toLowerCase() === name.toLowerCase());
  const isGood = isCollectionName(name) && !isTaken;
  const make = (): void => {
    if (!isGood) return;
    start(async (signal) => {
      await createCollection(name, signal);
      setName('');
      onMade();
    });
  };
  return (
    <FormGroup class="mm-form" label={t('collection.new')} onSubmit={make}>
      <TextField label={t('collection.new')} value={name} isWrong={name !== '' && !isGood} onInput={setName} />
      <div class="mm-buttons">
        <button type="button" class="red-ui-button" disabled={!isGood} onClick={make}>
          {t('collection.make')}
        </button>
      </div>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
    </FormGroup>
  );
}
