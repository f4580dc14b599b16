import { asModelManagementError } from '../../../lib/errors';
import type { Log } from '../../../lib/log';
import type { Registry } from '../../../lib/registry';
import type { AdminRouter } from './admin-router';
import { isTrue } from './query-parameter';

const firstCollectionMs = 10 * 60_000;
const collectionIntervalMs = 24 * 3_600_000;

/** `POST /garbage-collection[?dryRun=true]` → what no document names any more: `{count, bytes}`. */
export function registerMaintenanceRoutes(router: AdminRouter): void {
  router.change('post', '/garbage-collection', async ({ request, services }) => ({
    status: 200,
    body: await services.registry.collectGarbage({ dryRun: isTrue(request, 'dryRun') }),
  }));
}

/**
 * Frees the files of deleted versions 10 minutes after the start and then once a day.
 *
 * @returns stops it: a registry that is closed no longer knows what the documents in its folder name
 */
export function scheduleGarbageCollection(registry: Pick<Registry, 'collectGarbage'>, log: Log): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const collect = async (): Promise<void> => {
    try {
      const freed = await registry.collectGarbage();
      if (freed.count > 0) log.info('files of deleted versions removed', { ...freed });
    } catch (error) {
      log.warn('garbage collection failed', { code: asModelManagementError(error).code });
    }
    later(collectionIntervalMs);
  };
  const later = (delayMs: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => void collect(), delayMs).unref();
  };
  later(firstCollectionMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
