import { useId, useState } from 'preact/hooks';
import { LOCAL_EDGE } from '../../../../../lib/names';
import { workFiles } from '../../../../../lib/training/env-list';
import { t } from '../../i18n';
import { useResource } from '../../live';
import { namesIn } from '../../names-in';
import { Toggle } from '../../toggle';
import { NumberField } from '../../widgets/number-field';
import { TextField } from '../../widgets/text-field';
import { fetchCollections, fetchSources } from '../collection-client';
import { QueryPreview } from '../collections/query-preview';
import { placeWords } from '../place-words';
import type { JobDraft, QueryDraft } from './job-draft';
import { SourceSelect } from './source-select';

/** Which rows a run reads; the n-th query is collection_data_n.json. */
export function QueryFields({
  draft,
  isStored,
  onChange,
}: {
  readonly draft: JobDraft;
  /** What is new to a run is known of stored jobs; for others all is. */
  readonly isStored: boolean;
  readonly onChange: (more: Partial<JobDraft>) => void;
}) {
  const collections = useResource(fetchCollections, []);
  const sources = useResource(fetchSources, []);
  const names = collections.data?.map(({ name }) => name) ?? [];
  // A query begins with the first of them.
  const areNamesKnown = collections.data !== undefined || collections.error !== undefined;
  const { queries, trainingEdge } = draft;
  const elsewhere = trainingEdge === LOCAL_EDGE ? undefined : placeWords(trainingEdge);
  const replace = (key: number, more: Partial<QueryDraft>): void =>
    onChange({ queries: queries.map((query) => (query.key === key ? { ...query, ...more } : query)) });
  const add = (): void => {
    const [first] = names;
    const fresh: QueryDraft = {
      key: draft.nextKey,
      query: first === undefined ? '' : `SELECT * FROM ${first}`,
      source: 'local',
      newDataOnly: first !== undefined,
      newDataCollections: first === undefined ? [] : [first],
      lagMs: 0,
    };
    onChange({ queries: [...queries, fresh], nextKey: draft.nextKey + 1 });
  };
  return (
    <section class="mm-form">
      <h3>{t('job.form.queries')}</h3>
      {queries.map((query, index) => (
        <QueryField
          key={query.key}
          query={query}
          index={index}
          {...(isStored && { job: draft.name })}
          collections={names}
          sources={[...(sources.data?.map(({ name }) => name) ?? [LOCAL_EDGE]), ...(elsewhere ? ['edge'] : [])]}
          elsewhere={elsewhere}
          onChange={(more) => replace(query.key, more)}
          onRemove={() => onChange({ queries: queries.filter(({ key }) => key !== query.key) })}
        />
      ))}
      {queries.filter(({ newDataOnly, newDataCollections }) => newDataOnly && newDataCollections.length > 1).length >
        0 && <p class="mm-hint">{t('job.form.pairsHint')}</p>}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button red-ui-button-small" disabled={!areNamesKnown} onClick={add}>
          <i class="fa fa-plus" aria-hidden="true" /> {t('job.form.addQuery')}
        </button>
      </div>
    </section>
  );
}

function QueryField({
  query,
  index,
  job,
  collections,
  sources,
  elsewhere,
  onChange,
  onRemove,
}: {
  readonly query: QueryDraft;
  readonly index: number;
  readonly job?: string;
  readonly collections: readonly string[];
  readonly sources: readonly string[];
  /** The edge that trains, if it is another Node-RED. */
  readonly elsewhere: string | undefined;
  readonly onChange: (more: Partial<QueryDraft>) => void;
  readonly onRemove: () => void;
}) {
  const [isPreviewed, setIsPreviewed] = useState(false);
  const ids = { text: useId(), fresh: useId() };
  const isElsewhere = elsewhere !== undefined && query.source === 'edge';
  return (
    <div class="mm-box mm-form">
      <label class="mm-block" for={ids.text}>
        <span>{t('job.form.query', { number: index + 1, file: workFiles.data(index) })}</span>
        <textarea
          id={ids.text}
          class="mm-query"
          rows={3}
          spellcheck={false}
          value={query.query}
          onInput={(event) => onChange({ query: event.currentTarget.value })}
        />
      </label>
      <SourceSelect
        sources={sources}
        edge={elsewhere}
        value={query.source}
        onChange={(source) => onChange({ source })}
      />
      <label class="mm-check" for={ids.fresh} title={t('job.form.newDataHint')}>
        <input
          id={ids.fresh}
          type="checkbox"
          checked={query.newDataOnly}
          onChange={(event) => onChange({ newDataOnly: event.currentTarget.checked })}
        />
        <span>{t('job.form.newDataOnly')}</span>
      </label>
      {query.newDataOnly && <NewData query={query} collections={collections} onChange={onChange} />}
      {query.newDataOnly && (
        <NumberField
          label={t('job.form.lag')}
          value={query.lagMs / 1_000}
          unit="s"
          min={0}
          onChange={(seconds) => onChange({ lagMs: Math.round((seconds ?? 0) * 1_000) })}
        />
      )}
      <div class="mm-buttons">
        {!isElsewhere && (
          <Toggle open={isPreviewed} text={t('collection.preview')} onClick={() => setIsPreviewed(!isPreviewed)} />
        )}
        <button type="button" class="red-ui-button" onClick={onRemove}>
          {t('job.form.removeQuery')}
        </button>
      </div>
      {isPreviewed && !isElsewhere && <QueryPreview query={query} {...(job === undefined ? {} : { job })} />}
    </div>
  );
}

/** The collections of which only rows count that no run has used. */
function NewData({
  query,
  collections,
  onChange,
}: {
  readonly query: QueryDraft;
  readonly collections: readonly string[];
  readonly onChange: (more: Partial<QueryDraft>) => void;
}) {
  // As it is typed: a comma with nothing behind it yet names no table.
  const [typed, setTyped] = useState(query.newDataCollections.join(', '));
  if (query.source !== 'local') {
    const type = (value: string): void => {
      setTyped(value);
      onChange({ newDataCollections: namesIn(value) });
    };
    return <TextField label={t('job.form.newDataOf')} value={typed} onInput={type} />;
  }
  const all = [...new Set([...collections, ...query.newDataCollections])];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the platform's dialog styles
    <div role="group" class="mm-checks" aria-label={t('job.form.newDataOf')}>
      <span>{t('job.form.newDataOf')}</span>
      {all.map((name) => (
        <label key={name} class="mm-check">
          <input
            type="checkbox"
            checked={query.newDataCollections.includes(name)}
            onChange={({ currentTarget: { checked } }) =>
              onChange({
                newDataCollections: checked
                  ? [...query.newDataCollections, name]
                  : query.newDataCollections.filter((one) => one !== name),
              })
            }
          />
          <span>{name}</span>
        </label>
      ))}
    </div>
  );
}
