import { z } from 'zod';
import { ModelManagementError } from '../../../lib/errors';
import { parseInput } from '../../../lib/parse-input';
import type { AdminRouter } from './admin-router';
import type { EdgeSide } from './edges/edge-side';
import type { Services } from './services';

const TokenBody = z.strictObject({ token: z.string().min(1) });

const JoinBody = z.strictObject({ settings: z.unknown(), force: z.boolean().default(false) });

/** @throws {ModelManagementError} `NOT_AN_EDGE` */
function edgeOf({ edge }: Services): EdgeSide {
  if (edge) return edge;
  throw new ModelManagementError(
    'NOT_AN_EDGE',
    'This Node-RED is no edge of a hub.',
    'Add an edge on the hub, and paste its settings in the sidebar here, or copy them into settings.js.',
  );
}

/** @throws {ModelManagementError} `MANAGED_BY_HUB`; `IN_USE` while something here would rest */
async function refuseJoining({ edge, edges, registry, training }: Services, isForced: boolean): Promise<void> {
  if (edge) {
    throw new ModelManagementError(
      'MANAGED_BY_HUB',
      `This Node-RED is the edge ${edge.settings.name} of a hub already.`,
      'Leave the hub and restart Node-RED first.',
    );
  }
  const resting = {
    models: registry.list().length,
    jobs: (await training.jobs()).length,
    edges: edges?.hub.list().length ?? 0,
  };
  if (isForced || Object.values(resting).every((count) => count === 0)) return;
  const told = Object.entries(resting).map(([what, count]) => `${count} ${what}`);
  throw new ModelManagementError(
    'IN_USE',
    `What this Node-RED has as a hub rests while it is an edge: ${told.join(', ')}.`,
    'Send force: true if that is meant. It is there again when this Node-RED leaves the hub.',
    { details: { resting } },
  );
}

/** What a person sees on an edge of its hub, and the ways there and back. */
export function registerOwnEdgeRoutes(router: AdminRouter): void {
  const view = (services: Services) => {
    const { agent, settings } = edgeOf(services);
    const { name, hubId } = settings;
    const own = { models: agent.models(), pipelines: agent.pipelines(), runs: agent.runs() };
    return { name, hubId, ...services.role.state, ...agent.status(), ...own };
  };
  const joining = ({ role }: Services) => {
    const { nextEdge } = role;
    return { ...role.state, ...(nextEdge ? { edge: { name: nextEdge.name, hubId: nextEdge.hubId } } : {}) };
  };
  router.get('/edge', 'model-management.read', ({ services }) => ({ status: 200, body: view(services) }));
  router.get('/edge/join', 'model-management.read', ({ services }) => ({ status: 200, body: joining(services) }));
  // The hub of an edge may store code on it.
  router.change(
    'post',
    '/edge/join',
    async ({ request, services }) => {
      const { settings, force } = parseInput(JoinBody, request.body ?? {}, 'body');
      await refuseJoining(services, force);
      await services.role.join(settings);
      return { status: 202, body: joining(services) };
    },
    'flows.write',
  );
  router.change('delete', '/edge/join', async ({ services }) => {
    if (!services.edge) await services.role.leave();
    return { status: 200, body: joining(services) };
  });
  router.change('post', '/edge/enrol', async ({ request, services }) => {
    await edgeOf(services).agent.enrol(parseInput(TokenBody, request.body ?? {}, 'body').token);
    await services.role.stay();
    return { status: 202, body: view(services) };
  });
  router.change('post', '/edge/leave', async ({ services }) => {
    await edgeOf(services).agent.leave();
    await services.role.leave();
    return { status: 200, body: view(services) };
  });
  router.change('post', '/edge/retry', async ({ services }) => {
    await edgeOf(services).agent.retry();
    return { status: 202, body: view(services) };
  });
}
