import { rolloutActions } from '../../../lib/edges/hub/rollout/rollout-actions';
import type { RolloutSummary } from '../../../lib/edges/hub/rollout/rollout-view';
import type { AdminRouter } from './admin-router';
import { hubOf } from './edge-routes';
import { applyListQuery, type ListFields } from './list-query';
import { isTrue } from './query-parameter';

const rolloutFields: ListFields<RolloutSummary> = {
  sortable: [
    'id',
    'model',
    'version',
    'state',
    'reason',
    'createdAt',
    'createdBy',
    'selection',
    'waves',
    'soakMs',
    'stop',
    'openWaves',
    'waveCount',
    'nextWaveAt',
    'counts',
  ],
  searchText: ({ id, model, version, state, createdBy }) => [id, model, version, state, createdBy ?? ''].join('\n'),
};

/** A version on its way to many edges, wave by wave. */
export function registerRolloutRoutes(router: AdminRouter): void {
  router.get('/models/:name/rollouts', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, hubOf(services).rollouts.ofModel(param('name')), rolloutFields),
  }));
  router.get('/rollouts', 'model-management.read', ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, services.edges?.hub.rollouts.list(isTrue(request, 'active')) ?? [], rolloutFields),
  }));
  router.get('/rollouts/:id', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: hubOf(services).rollouts.get(param('id')),
  }));
  router.change('post', '/models/:name/rollouts', async ({ request, services, user, param }) => ({
    status: 201,
    body: await hubOf(services).rollouts.create(param('name'), request.body ?? {}, user),
  }));
  for (const action of rolloutActions) {
    router.change('post', `/rollouts/:id/${action}`, async ({ services, user, param }) => ({
      status: 202,
      body: await hubOf(services).rollouts.act(param('id'), action, user),
    }));
  }
}
