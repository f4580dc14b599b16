import { useRef, useState } from 'preact/hooks';
import { announce } from '../../announce';
import { DeleteQuestion } from '../../delete-question';
import { Busy, ErrorBox } from '../../feedback';
import { t } from '../../i18n';
import { useCollectionChanges, useKept, useResource, useTask } from '../../live';
import { Toggle } from '../../toggle';
import { deleteCollection, fetchRows, importRows } from '../collection-client';
import type { CollectionView } from '../contract';
import { mayWriteRows } from '../rights';
import { RetentionForm } from './retention-form';
import { RowTable } from './row-table';

const ROW_COUNT = 20;

/** The newest rows of a collection, page by page, and what can be done with it. */
export function CollectionDetail({
  collection,
  onChanged,
}: {
  readonly collection: CollectionView;
  readonly onChanged: () => void;
}) {
  const { name, columns } = collection;
  const [offset, setOffset] = useState(0);
  const rows = useResource((signal) => fetchRows(name, offset, ROW_COUNT, signal), [name, offset]);
  useCollectionChanges(rows.reload);
  const data = useKept(rows.data);
  const names = ['item_id', 'created', ...columns.map((column) => column.name)];
  return (
    <div class="mm-collection">
      <p class="mm-sub">
        {columns.map((column) => `${column.name} (${t(`collection.type.${column.type}`)})`).join(', ')}
      </p>
      {rows.error && <ErrorBox error={rows.error} onRetry={rows.reload} />}
      {!data && !rows.error && <Busy text={t('collection.loading')} />}
      {data?.items.length === 0 && <p class="mm-empty">{t('collection.noRows')}</p>}
      {data && data.items.length > 0 && <RowTable columns={names} rows={data.items} />}
      {data && (offset > 0 || data.nextOffset !== null) && (
        <div class="mm-pager">
          <PageLink
            word="list.previous"
            isOff={offset === 0}
            onClick={() => setOffset(Math.max(0, offset - ROW_COUNT))}
          />
          <span role="status">
            {t('list.range', { from: offset + 1, to: offset + data.items.length, total: data.total })}
          </span>
          <PageLink
            word="list.next"
            isOff={data.nextOffset === null}
            onClick={() => setOffset(data.nextOffset ?? offset)}
          />
        </div>
      )}
      {mayWriteRows() && <RetentionForm collection={collection} onChanged={onChanged} />}
      {mayWriteRows() && <Actions collection={collection} onChanged={onChanged} />}
    </div>
  );
}

function PageLink({
  word,
  isOff,
  onClick,
}: {
  readonly word: string;
  readonly isOff: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="mm-link" aria-disabled={isOff} onClick={() => isOff || onClick()}>
      {t(word)}
    </button>
  );
}

function Actions({
  collection: { name, rowCount },
  onChanged,
}: {
  readonly collection: CollectionView;
  readonly onChanged: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [isDeleting, setIsDeleting] = useState(false);
  const { state, start, reset } = useTask();
  const take = (file: File): void =>
    start(async (signal) => {
      const { inserted } = await importRows(name, file, signal);
      announce(t('collection.imported', { count: inserted }));
      onChanged();
    });
  return (
    <>
      <div class="mm-buttons">
        <button type="button" class="red-ui-button" onClick={() => input.current?.click()}>
          {t('collection.import')}
        </button>
        <input
          ref={input}
          class="mm-unseen"
          type="file"
          accept=".csv,.json,.ndjson,.jsonl"
          tabIndex={-1}
          aria-hidden="true"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            currentTarget.value = '';
            if (file) take(file);
          }}
        />
        <Toggle open={isDeleting} text={t('action.deleteModel')} onClick={() => setIsDeleting(!isDeleting)} />
      </div>
      {state.status === 'busy' && <Busy text={t('collection.importing')} onCancel={reset} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {isDeleting && (
        <DeleteQuestion
          confirm={t('delete.confirmModel', { name })}
          inUse={t('collection.inUse', { name })}
          canForce={false}
          remove={(_force, signal) => deleteCollection(name, signal)}
          onGone={onChanged}
          onClose={() => setIsDeleting(false)}
        >
          <p>{t('collection.deleteEffect', { count: rowCount })}</p>
        </DeleteQuestion>
      )}
    </>
  );
}
