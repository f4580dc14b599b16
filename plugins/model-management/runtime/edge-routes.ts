import { toIso } from '../../../lib/clock';
import type { EdgeHub } from '../../../lib/edges/hub/edge-hub';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { LOCAL_EDGE } from '../../../lib/edges/protocol/names';
import { ModelManagementError } from '../../../lib/errors';
import type { AdminRouter } from './admin-router';
import type { EdgeLogEntry } from './edges/edge-log';
import type { HubSide } from './edges/hub-side';
import { applyListQuery, type ListFields } from './list-query';
import { isTrue } from './query-parameter';
import type { Services } from './services';

const startedAt = Date.now();

const edgeFields: ListFields<EdgeView> = {
  sortable: ['name', 'labels', 'state', 'since', 'capabilities', 'models', 'pipelines', 'clockSkewMs'],
  searchText: ({ name, labels, state, models }) =>
    [name, ...labels, state, ...models.map((model) => model.name)].join('\n'),
};

const logFields: ListFields<EdgeLogEntry> = {
  sortable: ['at', 'level', 'text'],
  searchText: ({ level, text }) => `${level}\n${text}`,
};

/** This Node-RED itself: it has all models. */
async function localEdge({ capabilities, registry, edge }: Services): Promise<EdgeView> {
  const { features: _, ...shown } = await capabilities.known();
  return {
    name: LOCAL_EDGE,
    labels: [],
    state: 'online',
    since: toIso(startedAt),
    capabilities: shown,
    models: edge ? edge.shelf.list().map(({ name, deployed }) => runningHere(name, deployed)) : deployedHere(registry),
    pipelines: [],
    clockSkewMs: 0,
  };
}

const runningHere = (name: string, version: number) => ({
  name,
  desired: version,
  reported: version,
  state: 'running' as const,
});

const deployedHere = (registry: Services['registry']) =>
  registry.list().flatMap(({ name, aliases }) => {
    const version = aliases['deployed'];
    return version === undefined ? [] : [runningHere(name, version)];
  });

const isLocal = (name: string): boolean => name.toLowerCase() === LOCAL_EDGE;

/** @throws {ModelManagementError} `MANAGED_BY_HUB` on an edge; `BROKER_UNAVAILABLE` without a broker */
function sideOf({ edges, edge }: Services): HubSide {
  if (edges) return edges;
  if (edge) throw new ModelManagementError('MANAGED_BY_HUB', 'This Node-RED is an edge itself.', 'Ask its hub.');
  throw new ModelManagementError(
    'BROKER_UNAVAILABLE',
    'Edges are reached over an MQTT broker, and none is set.',
    'Set modelManagement.broker.url in settings.js, such as mqtt://localhost:1883, and restart Node-RED.',
  );
}

/** The hub's own word for its broker may be none that an edge can use. */
function withHint<T extends { readonly enrolment: object }>({ settings }: Services, answer: T): T {
  const host = settings.broker ? new URL(settings.broker.url).hostname : '';
  if (!/^(localhost|127\..*|\[::1\])$/.test(host)) return answer;
  const hint = `The hub calls its broker ${host}: in the settings of an edge on another machine, write the address under which that machine reaches it.`;
  return { ...answer, enrolment: { ...answer.enrolment, hint } };
}

export const hubOf = (services: Services): EdgeHub => sideOf(services).hub;

function refuseLocal(name: string): void {
  if (!isLocal(name)) return;
  throw new ModelManagementError(
    'READ_ONLY',
    'local is this Node-RED itself: it cannot be changed, enrolled or deleted.',
    'Name another edge.',
  );
}

/** Other Node-REDs that run what this one assigns to them. */
export function registerEdgeRoutes(router: AdminRouter): void {
  router.get('/edges', 'model-management.read', async ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, [await localEdge(services), ...(services.edges?.hub.list() ?? [])], edgeFields),
  }));
  router.get('/edges/:name', 'model-management.read', async ({ services, param }) => ({
    status: 200,
    body: isLocal(param('name')) ? await localEdge(services) : hubOf(services).get(param('name')),
  }));
  router.get('/edges/:name/log', 'model-management.read', ({ request, services, param }) => {
    const { hub, log } = sideOf(services);
    return { status: 200, body: applyListQuery(request, log.of(hub.get(param('name')).name), logFields) };
  });
  router.change('post', '/edges', async ({ request, services, user }) => ({
    status: 201,
    body: withHint(services, await hubOf(services).create(request.body ?? {}, user)),
  }));
  router.change('patch', '/edges/:name', async ({ request, services, param }) => {
    refuseLocal(param('name'));
    return { status: 200, body: await hubOf(services).update(param('name'), request.body ?? {}) };
  });
  router.change('delete', '/edges/:name', async ({ services, user, param }) => {
    refuseLocal(param('name'));
    await hubOf(services).remove(param('name'), user);
    return { status: 204 };
  });
  router.change('post', '/edges/:name/enrolment', async ({ request, services, user, param }) => {
    refuseLocal(param('name'));
    const isRevoking = isTrue(request, 'revoke');
    const renewed = await hubOf(services).renewEnrolment(param('name'), isRevoking, user);
    return { status: 201, body: withHint(services, renewed) };
  });
  router.change('post', '/edges/:name/retry', async ({ services, param }) => {
    refuseLocal(param('name'));
    return { status: 202, body: { id: await hubOf(services).command(param('name'), { type: 'retry' }) } };
  });
  router.change('put', '/models/:name/edges', async ({ request, services, user, param }) => {
    await hubOf(services).assign(param('name'), request.body ?? {}, user);
    return { status: 200, body: services.registry.getModel(param('name')) };
  });
}
