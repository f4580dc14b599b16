import { countParameter } from '../../../lib/list-parameters';
import type { RunView } from '../../../lib/training';
import type { AdminRouter } from './admin-router';
import { sendFile, sendStream } from './downloads';
import { needCodeFor } from './job-routes';
import { applyListQuery, type ListFields } from './list-query';

const runFields: ListFields<RunView> = {
  sortable: [
    'number',
    'id',
    'job',
    'state',
    'reason',
    'trigger',
    'user',
    'node',
    'edge',
    'edgeOfflineSince',
    'waitsFor',
    'createdAt',
    'startedAt',
    'finishedAt',
    'durationMs',
    'attempt',
    'phases',
    'error',
    'exitCode',
    'oomKilled',
    'metrics',
    'metrics.*',
    'model',
    'version',
    'promotion',
    'inputs',
  ],
  searchText: ({ number, state, trigger, reason, error }) =>
    [number, state, trigger, reason ?? '', error?.code ?? '', error?.message ?? ''].join('\n'),
};

/** Runs of jobs: start, cancel, follow, and what they left. */
export function registerRunRoutes(router: AdminRouter): void {
  router.get('/jobs/:name/runs', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, services.training.runsOf(param('name')), runFields),
  }));
  router.change('post', '/jobs/:name/runs', async (call) => {
    const { request, services, user, param } = call;
    const body: unknown = request.body ?? {};
    await needCodeFor(services.training.changedVariable(param('name'), body), call);
    return { status: 202, body: await services.training.startRun(param('name'), body, { trigger: 'manual', user }) };
  });
  router.get('/runs/:id', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: services.training.run(param('id')),
  }));
  router.change('post', '/runs/:id/cancel', async ({ services, param }) => ({
    status: 202,
    body: await services.training.cancelRun(param('id')),
  }));
  router.get('/runs/:id/log', 'model-management.read', async ({ request, response, services, param, signal }) => {
    const { sizeBytes, stream } = await services.training.runLog(
      param('id'),
      countParameter(request.query, 'offset', 0),
    );
    response.setHeader('X-Log-Size', String(sizeBytes));
    response.type('text/plain; charset=utf-8');
    if (!stream) {
      response.end();
      return undefined;
    }
    return sendStream(response, stream, signal);
  });
  router.get('/runs/:id/outputs', 'model-management.read', async ({ services, param }) => {
    const items = await services.training.runOutputs(param('id'));
    return { status: 200, body: { items, total: items.length } };
  });
  router.get(router.restOf('/runs/:id/outputs'), 'model-management.read', async (call) => {
    const { services, param, response, rest } = call;
    const path = await services.training.runOutput(param('id'), rest());
    return sendFile(response, path);
  });
}
