import { runningNodes } from '../../../lib/pipeline/node/node-figures';
import type { AdminRouter } from './admin-router';
import { prometheusText } from './prometheus';

/** What runs here and what is missing, for people, the sidebar and Prometheus. */
export function registerHealthRoutes(router: AdminRouter): void {
  router.get('/health', 'model-management.read', async ({ services }) => {
    const [{ models, kind, version, reason }, docker] = await Promise.all([
      services.engine.stats(),
      services.docker.state(),
    ]);
    return {
      status: 200,
      body: {
        version: services.packageVersion,
        instanceId: services.instanceId,
        role: services.settings.role,
        ...services.role.state,
        engine: { kind, version, ...(reason ? { reason } : {}), models },
        nodes: runningNodes.list(),
        docker,
        broker: services.broker.state,
        auth: { adminAuth: services.hasAdminAuth },
      },
    };
  });
  router.get('/metrics', 'model-management.read', async ({ services, response }) => {
    response.type('text/plain; version=0.0.4; charset=utf-8');
    response.send(prometheusText(await services.engine.stats(), services.registry.list(), runningNodes.list()));
    return undefined;
  });
}
