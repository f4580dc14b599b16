import { isCollectionName } from '../../../lib/collections/names';
import { ENVIRONMENT } from '../../../plugins/model-management/editor/dialog/fault';
import { Row } from '../../../plugins/model-management/editor/dialog/rows';
import { Busy, ErrorBox } from '../../../plugins/model-management/editor/feedback';
import { createCollection, fetchCollections } from '../../../plugins/model-management/editor/jobs/collection-client';
import { useCollectionChanges, useResource, useTask } from '../../../plugins/model-management/editor/live';
import { nodeText } from './texts';

/** Which collection gets the rows; one that is not there is made by a press. */
export function CollectionField({
  collection,
  onChoose,
}: {
  readonly collection: string;
  readonly onChoose: (collection: string) => void;
}) {
  const { data, error, reload } = useResource(fetchCollections, []);
  const task = useTask();
  useCollectionChanges(reload);
  const known = data?.find(({ name }) => name.toLowerCase() === collection.toLowerCase());
  const isNew = data !== undefined && !known && isCollectionName(collection) && !ENVIRONMENT.test(collection);
  return (
    <>
      <Row icon="fa-table" label={nodeText('collection.label')} forId="model-collection-name">
        <input
          id="model-collection-name"
          type="text"
          list="model-collection-names"
          value={collection}
          spellcheck={false}
          autoComplete="off"
          onInput={(event) => onChoose(event.currentTarget.value)}
        />
        <datalist id="model-collection-names">
          {data?.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </Row>
      {known && <p class="mm-hint mm-under">{nodeText('collection.rows', { count: known.rowCount })}</p>}
      {isNew && (
        <p class="mm-hint mm-under" role="status">
          {nodeText('collection.unknown', { collection })}{' '}
          <button
            type="button"
            class="mm-link"
            onClick={() => task.start((signal) => createCollection(collection, signal).then(reload))}
          >
            {nodeText('collection.make')}
          </button>
        </p>
      )}
      {task.state.status === 'busy' && <Busy text={nodeText('collection.making')} />}
      {task.state.status === 'failed' && <ErrorBox error={task.state.error} />}
      {error && <ErrorBox error={error} onRetry={reload} />}
    </>
  );
}
