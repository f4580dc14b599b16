import { z } from 'zod';
import { parseInput } from '../../../lib/registry';
import type { AdminRouter } from './admin-router';
import { isTrue } from './query-parameter';

const RollbackBody = z.strictObject({ force: z.boolean().default(false) });

/** Moves of the mutable names: deploy is `PUT …/aliases/deployed`. */
export function registerAliasRoutes(router: AdminRouter): void {
  router.change('put', '/models/:name/aliases/:alias', async ({ request, services, user, param }) => ({
    status: 200,
    body: await services.registry.setAlias(param('name'), param('alias'), request.body, user),
  }));
  router.change('delete', '/models/:name/aliases/:alias', async ({ request, services, user, param }) => {
    await services.registry.deleteAlias(param('name'), param('alias'), { force: isTrue(request, 'force') }, user);
    return { status: 204 };
  });
  router.change('post', '/models/:name/rollback', async ({ request, services, user, param }) => {
    const { force } = parseInput(RollbackBody, request.body ?? {}, 'body');
    const isForced = isTrue(request, 'force') || force;
    return { status: 200, body: await services.registry.rollback(param('name'), { force: isForced }, user) };
  });
}
