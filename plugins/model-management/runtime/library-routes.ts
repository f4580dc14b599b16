import type { Library, LibraryRevision } from '../../../lib/pipeline/library';
import type { AdminRouter } from './admin-router';
import { applyListQuery, type ListFields } from './list-query';
import { isTrue } from './query-parameter';

const libraryFields: ListFields<Library> = {
  sortable: [
    'name',
    'description',
    'revision',
    'builtIn',
    'createdAt',
    'updatedAt',
    'updatedBy',
    'sizeBytes',
    'state',
    'error',
    'usedBy',
  ],
  searchText: ({ name, description, updatedBy }) => [name, description, updatedBy ?? ''].join('\n'),
};

const revisionFields: ListFields<LibraryRevision> = {
  sortable: ['revision', 'at', 'user', 'description', 'sizeBytes', 'deleted'],
  searchText: ({ revision, user, description }) => [revision, user ?? '', description].join('\n'),
};

/** Libraries: their sources with revisions, and trying them. What stores or runs code needs `flows.write` as well. */
export function registerLibraryRoutes(router: AdminRouter): void {
  router.get('/libraries', 'model-management.read', ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, services.libraries.list(), libraryFields),
  }));
  router.get('/libraries/:name', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: services.libraries.get(param('name')),
  }));
  router.change(
    'put',
    '/libraries/:name',
    async ({ request, services, user, param }) => ({
      status: 200,
      body: await services.libraries.save(param('name'), request.body, user),
    }),
    'flows.write',
  );
  router.change(
    'delete',
    '/libraries/:name',
    async ({ request, services, user, param }) => {
      await services.libraries.remove(param('name'), { force: isTrue(request, 'force') }, user);
      return { status: 204 };
    },
    'flows.write',
  );
  router.get('/libraries/:name/revisions', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, services.libraries.revisions(param('name')), revisionFields),
  }));
  router.get('/libraries/:name/revisions/:revision', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: services.libraries.revision(param('name'), param('revision')),
  }));
  router.change(
    'post',
    '/libraries/:name/test',
    async ({ request, services, signal, param }) => ({
      status: 200,
      body: await services.libraries.test(param('name'), request.body ?? {}, signal),
    }),
    'flows.write',
  );
}
