import { asModelManagementError } from '../../../lib/errors';
import type { Log } from '../../../lib/log';
import type { AdminRouter } from './admin-router';
import { isTrue } from './query-parameter';
import type { Services } from './services';

const firstCollectionMs = 10 * 60_000;
const collectionIntervalMs = 24 * 3_600_000;

/** `POST /garbage-collection[?dryRun=true]` → what no document names any more: `{count, bytes}`. */
export function registerMaintenanceRoutes(router: AdminRouter): void {
  router.change('post', '/garbage-collection', async ({ request, services }) => ({
    status: 200,
    body: await services.registry.collectGarbage({ dryRun: isTrue(request, 'dryRun') }),
  }));
}

/** Frees the files of deleted versions 10 minutes after the start and then once a day. */
export function scheduleGarbageCollection(services: Services, log: Log): void {
  const collect = async (): Promise<void> => {
    try {
      const freed = await services.registry.collectGarbage();
      if (freed.count > 0) log.info('files of deleted versions removed', { ...freed });
    } catch (error) {
      log.warn('garbage collection failed', { code: asModelManagementError(error).code });
    }
    later(collectionIntervalMs);
  };
  const later = (delayMs: number): void => {
    setTimeout(() => void collect(), delayMs).unref();
  };
  later(firstCollectionMs);
}
