import type { PipelineRunView, PipelineView } from '../../../lib/pipeline/pipelines/views';
import type { AdminRouter } from './admin-router';
import type { Deployed } from './flows/flow-adapter';
import type { Pipelines } from './flows/pipelines';
import { applyListQuery, type ListFields } from './list-query';

const pipelineFields: ListFields<PipelineView> = {
  sortable: [
    'name',
    'id',
    'state',
    'since',
    'failedAt',
    'error',
    'counters',
    'inbound',
    'outbound',
    'models',
    'libraries',
    'edges',
    'lastRunAt',
    'problems',
  ],
  searchText: ({ name, inbound, outbound, models, libraries }) =>
    [name, ...inbound, ...outbound, ...models, ...libraries].join('\n'),
};

const runFields: ListFields<PipelineRunView> = {
  sortable: ['id', 'state', 'startedAt', 'finishedAt', 'durationMs', 'deliveries', 'waitingIn', 'error'],
  searchText: ({ id, state, error }) => [id, state, error?.message ?? ''].join('\n'),
};

/** Flow tabs that hold our nodes: what they do, what came of it, start and stop. The latter changes flows. */
export function registerPipelineRoutes(router: AdminRouter, pipelines: Pipelines): void {
  router.get('/pipelines', 'model-management.read', ({ request }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.list(), pipelineFields),
  }));
  router.get('/pipelines/:id', 'model-management.read', ({ param }) => ({
    status: 200,
    body: pipelines.get(param('id')),
  }));
  router.get('/pipelines/:id/runs', 'model-management.read', ({ request, param }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.runs(param('id')), runFields),
  }));
  router.get('/pipelines/:id/runs/:runId', 'model-management.read', ({ param }) => ({
    status: 200,
    body: pipelines.run(param('id'), param('runId')),
  }));
  router.get('/pipelines/:id/results', 'model-management.read', ({ param }) => {
    const items = pipelines.results(param('id'));
    return { status: 200, body: { items, total: items.length } };
  });
  // The message is the user's own and goes into a flow that is there; a real run does what that flow does.
  router.change('post', '/pipelines/:id/test', ({ request, param }) => ({
    status: 202,
    body: { runId: pipelines.test(param('id'), request.body) },
  }));
  const act = (action: string, work: (id: string, user: string | null) => Promise<Deployed>): void =>
    router.change(
      'post',
      `/pipelines/:id/${action}`,
      async ({ param, user }) => {
        const id = param('id');
        const deployed = await work(id, user);
        return { status: 202, body: { ...pipelines.get(id), ...deployed } };
      },
      'flows.write',
    );
  act('start', (id, user) => pipelines.startPipeline(id, user));
  act('stop', (id, user) => pipelines.stopPipeline(id, user));
  act('restart', (id, user) => pipelines.restartPipeline(id, user));
}
