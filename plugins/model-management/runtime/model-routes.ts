import type { Model, Version } from '../../../lib/registry/types';
import type { AdminRouter, Call } from './admin-router';
import { applyListQuery, type ListFields } from './list-query';
import { isTrue } from './query-parameter';

const modelFields: ListFields<Model> = {
  sortable: [
    'name',
    'description',
    'tags',
    'createdAt',
    'updatedAt',
    'aliases',
    'aliases.*',
    'latestVersion',
    'versions',
    'edges',
    'usedBy',
    'rollbackVersion',
    'tags.*',
  ],
  searchText: ({ name, description, tags }) => [name, description, ...Object.entries(tags).flat()].join('\n'),
};

const versionFields: ListFields<Version> = {
  sortable: [
    'model',
    'version',
    'createdAt',
    'createdBy',
    'source',
    'runId',
    'parentVersion',
    'digest',
    'sizeBytes',
    'description',
    'tags',
    'tags.*',
    'aliases',
    'labels',
    'features',
    'metrics',
    'metrics.*',
    'signature',
    'opset',
    'irVersion',
    'producer',
    'preprocessing',
    'original',
    'additionalOutputs',
    'lineage',
  ],
  searchText: ({ version, description, tags, aliases, source, digest }) =>
    [version, description, source, digest, ...aliases, ...Object.entries(tags).flat()].join('\n'),
};

/** Models, the facts about their versions, and the audit trail. Uploads and files: `version-file-routes`. */
export function registerModelRoutes(router: AdminRouter): void {
  router.get('/models', 'model-management.read', ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, services.registry.list(), modelFields),
  }));
  router.change('post', '/models', async ({ request, services, user }) => ({
    status: 201,
    body: await services.registry.createModel(request.body, user),
  }));
  router.get('/models/:name', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: services.registry.getModel(param('name')),
  }));
  router.change('patch', '/models/:name', async ({ request, services, user, param }) => ({
    status: 200,
    body: await services.registry.updateModel(param('name'), request.body, user),
  }));
  router.change('delete', '/models/:name', async ({ request, services, user, param }) => {
    await services.registry.deleteModel(param('name'), { force: isTrue(request, 'force') }, user);
    return { status: 204 };
  });
  router.get('/models/:name/audit', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, services.registry.audit(param('name')), {
      sortable: ['at', 'user', 'action', 'before', 'after'],
      searchText: ({ user, action }) => `${user ?? ''}\n${action}`,
    }),
  }));
  router.get('/models/:name/versions', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, services.registry.listVersions(param('name')), versionFields),
  }));
  router.get('/models/:name/versions/:version', 'model-management.read', (call) => ({
    status: 200,
    body: versionOf(call),
  }));
  router.change('patch', '/models/:name/versions/:version', async ({ request, services, user, param }) => ({
    status: 200,
    body: await services.registry.updateVersion(param('name'), param('version'), request.body, user),
  }));
  router.change('delete', '/models/:name/versions/:version', async ({ services, user, param }) => {
    await services.registry.deleteVersion(param('name'), param('version'), user);
    return { status: 204 };
  });
}

/** The version a path names by number or alias. @throws {ModelManagementError} `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
export function versionOf({ services, param }: Call): Version {
  return services.registry.getVersion(param('name'), param('version'));
}
