import type { PipelineEdgeView, PipelineRevisionView } from '../../../lib/edges/hub/pipelines/pipeline-views';
import { bundleOf } from '../../../lib/pipeline/bundle/bundle';
import type { AdminRouter, Call } from './admin-router';
import { hubOf } from './edge-routes';
import type { Pipelines } from './flows/pipelines';
import { applyListQuery, type ListFields } from './list-query';
import { nodeFields, resultFields, runFields } from './pipeline-fields';

const revisionFields: ListFields<PipelineRevisionView> = {
  sortable: ['revision', 'name', 'createdAt', 'createdBy', 'models', 'libraries', 'edges'],
  searchText: ({ revision, name, createdBy }) => [revision, name, createdBy ?? ''].join('\n'),
};

const edgeFields: ListFields<PipelineEdgeView> = {
  sortable: ['name', 'state', 'revision', 'previousRevision', 'brokerId', 'running', 'reported'],
  searchText: ({ name, state, reported }) => [name, state, reported.state].join('\n'),
};

/** Pipelines of this hub on its edges. What runs there is changed by who may change flows here. */
export function registerPipelineEdgeRoutes(router: AdminRouter, pipelines: Pipelines): void {
  const edgesOf = ({ services, param }: Call) => ({ edges: hubOf(services).pipelines.edgesOf(param('id')) });
  /** @throws {ModelManagementError} `PIPELINE_NOT_FOUND` also where nothing is left of it */
  const revisionsOf = ({ services, param }: Call) =>
    hubOf(services).pipelines.revisions(param('id'), () => pipelines.get(param('id')));
  router.get('/pipelines/:id/edges', 'model-management.read', (call) => {
    revisionsOf(call);
    return { status: 200, body: applyListQuery(call.request, edgesOf(call).edges, edgeFields) };
  });
  const set = (method: 'put' | 'patch', how: 'deploy' | 'change'): void =>
    router.change(
      method,
      '/pipelines/:id/edges',
      async (call) => {
        const { request, services, user, param } = call;
        const id = param('id');
        const bundle = () => bundleOf(pipelines.entriesOfPipeline(id), id);
        await hubOf(services).pipelines[how](id, bundle, request.body ?? {}, user);
        // Also of one whose tab is gone, and that is taken off its edges.
        return { status: 200, body: pipelines.find(id) ? pipelines.get(id) : { id, ...edgesOf(call) } };
      },
      'flows.write',
    );
  set('put', 'deploy');
  set('patch', 'change');
  router.get('/pipelines/:id/revisions', 'model-management.read', (call) => ({
    status: 200,
    body: applyListQuery(call.request, revisionsOf(call), revisionFields),
  }));
  const act = (action: string, work: (call: Call) => Promise<unknown>): void =>
    router.change(
      'post',
      `/pipelines/:id/edges/:edge/${action}`,
      async (call) => {
        await work(call);
        return { status: 202, body: edgesOf(call) };
      },
      'flows.write',
    );
  const setRunning =
    (running: boolean) =>
    ({ services, param, user }: Call) =>
      hubOf(services).pipelines.setRunning(param('id'), param('edge'), running, user);
  act('start', setRunning(true));
  act('stop', setRunning(false));
  act('restart', ({ services, param, user }) => hubOf(services).pipelines.restart(param('id'), param('edge'), user));
  act('restore', ({ services, param, user }) => hubOf(services).pipelines.restore(param('id'), param('edge'), user));
  router.change(
    'post',
    '/pipelines/:id/edges/:edge/test',
    async ({ request, services, param }) => ({
      status: 202,
      body: await hubOf(services).pipelines.test(param('id'), param('edge'), request.body ?? {}),
    }),
    'flows.write',
  );
  router.get('/pipelines/:id/edges/:edge', 'model-management.read', async ({ services, param }) => ({
    status: 200,
    body: await hubOf(services).pipelines.read(param('id'), param('edge'), 'pipeline'),
  }));
  const list = <T extends object>(what: 'runs' | 'results' | 'nodes', fields: ListFields<T>): void =>
    router.get(`/pipelines/:id/edges/:edge/${what}`, 'model-management.read', async ({ request, services, param }) => {
      const rows = await hubOf(services).pipelines.read(param('id'), param('edge'), what);
      return { status: 200, body: applyListQuery(request, rows as readonly T[], fields) };
    });
  list('runs', runFields);
  list('results', resultFields);
  list('nodes', nodeFields);
  router.get('/pipelines/:id/edges/:edge/runs/:runId', 'model-management.read', async ({ services, param }) => ({
    status: 200,
    body: await hubOf(services).pipelines.read(param('id'), param('edge'), 'run', param('runId')),
  }));
}
