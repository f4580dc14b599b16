import { invalidInput, ModelManagementError } from '../../../lib/errors';
import type { JobView } from '../../../lib/training';
import type { AdminRouter, Call } from './admin-router';
import { attachment, sendFile, sendStream } from './downloads';
import { applyListQuery, type ListFields } from './list-query';
import { mediaTypeOf } from './query-parameter';
import { duringUpload } from './upload-patience';

const jobFields: ListFields<JobView> = {
  sortable: [
    'name',
    'baseModel',
    'trainingEdge',
    'updateExistingModel',
    'newModelName',
    'baseVersion',
    'schedule',
    'overlap',
    'catchUpMs',
    'retries',
    'pauseAfterFailures',
    'paused',
    'pauseReason',
    'state',
    'queries',
    'emptyData',
    'scripts',
    'files',
    'metrics',
    'promotion',
    'runner',
    'image',
    'network',
    'gpus',
    'env',
    'triggerEdges',
    'limits',
    'lastRun',
    'activeRun',
    'nextRunAt',
    'runCount',
    'problems',
    'createdAt',
    'updatedAt',
  ],
  searchText: ({ name, baseModel, trainingEdge, image }) => [name, baseModel, trainingEdge, image].join('\n'),
};

/**
 * `flows.write` for a field that decides which code runs with the secrets of a job.
 * @param field - that something given would make another; undefined = none
 */
export async function needCodeFor(field: string | undefined, call: Pick<Call, 'requirePermission'>): Promise<void> {
  if (field === undefined) return;
  try {
    await call.requirePermission('flows.write');
  } catch (error) {
    if (!ModelManagementError.is(error) || error.code !== 'FORBIDDEN') throw error;
    const message = `${field} decides which code runs with the secrets of the job: to change it takes flows.write as well.`;
    throw new ModelManagementError('FORBIDDEN', message, error.hint, {
      cause: error,
      details: { ...error.details, field },
    });
  }
}

/** Jobs, their files, and when they run. What stores or chooses code needs `flows.write` as well. */
export function registerJobRoutes(router: AdminRouter): void {
  router.get('/jobs', 'model-management.read', async ({ request, services }) => ({
    status: 200,
    body: applyListQuery(request, await services.training.jobs(), jobFields),
  }));
  router.change('post', '/jobs', async (call) => {
    const { request, services } = call;
    await needCodeFor(services.training.changedCode(request.body), call);
    return { status: 201, body: await services.training.createJob(request.body) };
  });
  router.get('/jobs/:name', 'model-management.read', async ({ services, param }) => ({
    status: 200,
    body: await services.training.job(param('name')),
  }));
  router.change('patch', '/jobs/:name', async (call) => {
    const { request, services, param } = call;
    await needCodeFor(services.training.changedCode(request.body, param('name')), call);
    return { status: 200, body: await services.training.updateJob(param('name'), request.body) };
  });
  router.change('delete', '/jobs/:name', async ({ services, param }) => {
    await services.training.deleteJob(param('name'));
    return { status: 204 };
  });
  router.change(
    'post',
    '/jobs/:name/clone',
    async ({ request, services, param }) => ({
      status: 201,
      body: await services.training.cloneJob(param('name'), request.body),
    }),
    'flows.write',
  );
  router.get('/jobs/:name/env-list', 'model-management.read', ({ services, param, response }) => {
    response.type('text/plain; charset=utf-8').send(services.training.envList(param('name')));
    return undefined;
  });
  router.get('/jobs/:name/bundle', 'model-management.read', async ({ services, param, response, signal }) => {
    const stream = await services.training.bundle(param('name'), services.tempPath, signal);
    attachment(response, `${param('name')}.tar.gz`);
    response.type('application/gzip');
    return sendStream(response, stream, signal);
  });
  registerFileRoutes(router);
  router.query('/schedules/preview', 'model-management.read', ({ request, services }) => ({
    status: 200,
    body: services.training.previewSchedule(request.body),
  }));
}

function registerFileRoutes(router: AdminRouter): void {
  const path = router.restOf('/jobs/:name/files/:kind');
  router.get(path, 'model-management.read', async (call) => {
    const { services, param, response } = call;
    const file = services.training.jobFile(param('name'), param('kind'), call.rest());
    return sendFile(response, file.path, file.digest);
  });
  router.change(
    'put',
    path,
    async (call) => {
      const { request, services, param, signal } = call;
      const type = mediaTypeOf(request);
      if (type !== 'application/octet-stream') {
        throw invalidInput(
          'Content-Type',
          `A file comes as application/octet-stream, got ${type || 'no Content-Type'}.`,
          'Send its bytes as the body.',
        );
      }
      const put = () => services.training.putJobFile(param('name'), param('kind'), call.rest(), request, signal);
      return { status: 200, body: await duringUpload(request, put) };
    },
    'flows.write',
  );
  router.change(
    'delete',
    path,
    async (call) => {
      const { services, param } = call;
      await services.training.deleteJobFile(param('name'), param('kind'), call.rest());
      return { status: 204 };
    },
    'flows.write',
  );
}
