import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { invalidInput } from '../../../lib/errors';
import type { RunView } from '../../../lib/training';
import type { AdminRouter } from './admin-router';
import { goneError } from './gone-error';
import { applyListQuery, type ListFields } from './list-query';
import { textOf } from './query-parameter';

const runFields: ListFields<RunView> = {
  sortable: [
    'number',
    'id',
    'job',
    'state',
    'reason',
    'trigger',
    'user',
    'edge',
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

function offsetOf(request: Request): number {
  const text = textOf(request, 'offset') ?? '0';
  const offset = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(offset)) return offset;
  throw invalidInput(
    'offset',
    `offset must be a whole number of bytes, got "${text}".`,
    'Give the X-Log-Size of the last answer.',
  );
}

/** Runs of jobs: start, cancel, follow, and what they left. */
export function registerRunRoutes(router: AdminRouter): void {
  router.get('/jobs/:name/runs', 'model-management.read', ({ request, services, param }) => ({
    status: 200,
    body: applyListQuery(request, services.training.runsOf(param('name')), runFields),
  }));
  router.change('post', '/jobs/:name/runs', async ({ request, services, user, param }) => ({
    status: 202,
    body: await services.training.startRun(param('name'), request.body ?? {}, { trigger: 'manual', user }),
  }));
  router.get('/runs/:id', 'model-management.read', ({ services, param }) => ({
    status: 200,
    body: services.training.run(param('id')),
  }));
  router.change('post', '/runs/:id/cancel', async ({ services, param }) => ({
    status: 202,
    body: await services.training.cancelRun(param('id')),
  }));
  router.get('/runs/:id/log', 'model-management.read', async ({ request, response, services, param, signal }) => {
    const { sizeBytes, stream } = await services.training.runLog(param('id'), offsetOf(request));
    response.setHeader('X-Log-Size', String(sizeBytes));
    response.type('text/plain; charset=utf-8');
    if (!stream) {
      response.end();
      return undefined;
    }
    try {
      await pipeline(stream, response, { signal });
    } catch (error) {
      throw goneError(error);
    }
    return undefined;
  });
  router.get('/runs/:id/outputs', 'model-management.read', async ({ services, param }) => {
    const items = await services.training.runOutputs(param('id'));
    return { status: 200, body: { items, total: items.length } };
  });
  router.get(router.restOf('/runs/:id/outputs'), 'model-management.read', async (call) => {
    const { services, param, response, rest } = call;
    const path = await services.training.runOutput(param('id'), rest());
    response.type('application/octet-stream');
    return new Promise((resolve, reject) => {
      const options = { dotfiles: 'allow', etag: false, lastModified: false, cacheControl: false } as const;
      response.sendFile(path, options, (error) => {
        if (error && !response.headersSent) reject(error);
        else resolve(undefined);
      });
    });
  });
}
