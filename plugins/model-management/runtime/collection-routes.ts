import type { Request } from 'express';
import type { CollectionView, SourceView } from '../../../lib/collections';
import { invalidInput } from '../../../lib/errors';
import type { AdminRouter } from './admin-router';
import { applyListQuery, type ListFields } from './list-query';
import { mediaTypeOf } from './query-parameter';
import { duringUpload } from './upload-patience';

const collectionFields: ListFields<CollectionView> = {
  sortable: ['name', 'id', 'columns', 'isFixed', 'retention', 'rowCount', 'createdAt', 'lastInsertAt', 'usedBy'],
  searchText: ({ name, columns }) => [name, ...columns.map((column) => column.name)].join('\n'),
};

const sourceFields: ListFields<SourceView> = {
  sortable: [
    'name',
    'kind',
    'origin',
    'host',
    'port',
    'database',
    'user',
    'tls',
    'ca',
    'watermarkColumn',
    'timeoutMs',
    'hasPassword',
    'usedBy',
  ],
  searchText: ({ name, host, database }) => [name, host ?? '', database ?? ''].join('\n'),
};

const streamedFormats: Readonly<Record<string, 'csv' | 'ndjson'>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

function formatOf(request: Request): 'csv' | 'ndjson' | 'json' {
  const type = mediaTypeOf(request);
  const format = type === 'application/json' ? 'json' : streamedFormats[type];
  if (format) return format;
  throw invalidInput(
    'Content-Type',
    `The body must be application/json, text/csv or application/x-ndjson, got ${type || 'no Content-Type'}.`,
    'Send a row or a list of rows with Content-Type: application/json.',
  );
}

/** Tables of training rows, and queries over them and over other databases. */
export function registerCollectionRoutes(router: AdminRouter): void {
  router.get('/collections', 'model-management.read', async ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, await services.collections.list(), collectionFields),
  }));
  router.change('post', '/collections', async ({ request, services }) => ({
    status: 201,
    body: await services.collections.create(request.body),
  }));
  router.change('post', '/collections/query', async ({ request, services, signal }) => ({
    status: 200,
    body: await services.collections.query(request.body, {}, signal),
  }));
  router.get('/collections/:name', 'model-management.read', async ({ services, param }) => ({
    status: 200,
    body: await services.collections.get(param('name')),
  }));
  router.change('patch', '/collections/:name', async ({ request, services, param }) => ({
    status: 200,
    body: await services.collections.update(param('name'), request.body),
  }));
  router.change('delete', '/collections/:name', async ({ services, param }) => {
    await services.collections.remove(param('name'));
    return { status: 204 };
  });
  router.get('/collections/:name/rows', 'model-management.read', async ({ request, services, param, signal }) => ({
    status: 200,
    body: await services.collections.rows(param('name'), request.query, signal),
  }));
  router.change('post', '/collections/:name/rows', async ({ request, services, param }) => {
    const format = formatOf(request);
    if (format === 'json') {
      return { status: 201, body: await services.collections.insert(param('name'), request.body) };
    }
    const body = await duringUpload(request, () => services.collections.import(param('name'), request, format));
    return { status: 201, body };
  });
  router.change('post', '/collections/query/count', async ({ request, services, signal }) => ({
    status: 200,
    body: await services.training.countRows(request.body, signal),
  }));
  registerSourceRoutes(router);
}

/** Databases that queries may read, beside the collections. */
function registerSourceRoutes(router: AdminRouter): void {
  router.get('/sources', 'model-management.read', ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, services.sources.list(), sourceFields),
  }));
  router.change('put', '/sources/:name', async ({ request, services, param }) => ({
    status: 200,
    body: await services.sources.put(param('name'), request.body),
  }));
  router.change('delete', '/sources/:name', async ({ services, param }) => {
    await services.sources.remove(param('name'));
    return { status: 204 };
  });
}
