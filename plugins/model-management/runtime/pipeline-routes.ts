import { z } from 'zod';
import { LibraryName } from '../../../lib/ids';
import { parseInput } from '../../../lib/parse-input';
import { inferenceFlow } from '../../../lib/pipeline/inference-flow';
import { type SavedTest, SavedTestName } from '../../../lib/pipeline/pipelines/pipeline-documents';
import type { AdminRouter } from './admin-router';
import { FlowBody, present } from './flow-body';
import type { Deployed } from './flows/flow-adapter';
import { TestInput } from './flows/pipeline-tester';
import type { Pipelines } from './flows/pipelines';
import { applyListQuery, type ListFields } from './list-query';
import { nodeFields, pipelineFields, resultFields, runFields } from './pipeline-fields';

const testFields: ListFields<SavedTest> = {
  sortable: ['name', 'nodeId', 'payload'],
  searchText: ({ name }) => name,
};

const TabName = z.string().trim().min(1).max(100);

const NewFlow = FlowBody.extend({ name: TabName, model: z.string().optional(), library: LibraryName.optional() });

const Duplicate = z.object({
  name: TabName,
  topics: z
    .record(
      z.string(),
      z.string().refine((topic) => topic !== '', 'must be a topic'),
    )
    .default({}),
});

const TestBody = z.object({ payload: z.unknown(), nodeId: z.string().nullable().default(null) });

/** Flow tabs that hold our nodes: what they do, what came of it, start and stop. The latter changes flows. */
export function registerPipelineRoutes(router: AdminRouter, pipelines: Pipelines): void {
  router.get('/pipelines', 'model-management.read', ({ request }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.list(), pipelineFields),
  }));
  router.get('/pipelines/:id', 'model-management.read', ({ param }) => ({
    status: 200,
    body: pipelines.get(param('id')),
  }));
  router.get('/pipelines/:id/runs', 'model-management.read', ({ request, param }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.runs(param('id')), runFields),
  }));
  router.get('/pipelines/:id/runs/:runId', 'model-management.read', ({ param }) => ({
    status: 200,
    body: pipelines.run(param('id'), param('runId')),
  }));
  router.get('/pipelines/:id/results', 'model-management.read', ({ request, param }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.results(param('id')), resultFields),
  }));
  router.get('/pipelines/:id/nodes', 'model-management.read', ({ request, param }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.nodes(param('id')), nodeFields),
  }));
  router.get('/pipelines/:id/tests', 'model-management.read', ({ request, param }) => ({
    status: 200,
    body: applyListQuery(request, pipelines.tests(param('id')), testFields),
  }));
  router.change('put', '/pipelines/:id/tests/:name', async ({ request, param }) => {
    const test = {
      name: parseInput(SavedTestName, param('name'), 'name'),
      ...parseInput(TestBody, request.body, 'body'),
    };
    await pipelines.keepTest(param('id'), test);
    return { status: 200, body: test };
  });
  router.change('delete', '/pipelines/:id/tests/:name', async ({ param }) => {
    await pipelines.deleteTest(param('id'), param('name'));
    return { status: 204 };
  });
  // Both give flows to import, and change nothing.
  router.query('/pipelines/flow', 'model-management.read', ({ request, services }) => {
    const options = parseInput(NewFlow, request.body ?? {}, 'body');
    const model = options.model === undefined ? undefined : services.registry.getModel(options.model).name;
    const features = model && services.registry.findVersion(model, 'deployed')?.features;
    const flow = inferenceFlow(present({ ...options, model, features, brokerUrl: services.settings.broker?.url }));
    return { status: 200, body: { flow } };
  });
  router.query('/pipelines/:id/duplicate', 'model-management.read', ({ request, param }) => {
    const options = parseInput(Duplicate, request.body ?? {}, 'body');
    return { status: 200, body: { flow: pipelines.duplicate(param('id'), options) } };
  });
  router.change(
    'delete',
    '/pipelines/:id',
    async ({ param, user }) => ({ status: 200, body: await pipelines.switch.remove(param('id'), user) }),
    'flows.write',
  );
  // What leaves, or may do something outside, is as if the flow had been changed to do it.
  router.change('post', '/pipelines/:id/test', async ({ request, param, requirePermission }) => {
    const input = parseInput(TestInput, request.body ?? {}, 'body');
    if (!input.dryRun || input.confirm) await requirePermission('flows.write');
    return { status: 202, body: { runId: pipelines.test(param('id'), input) } };
  });
  const act = (action: string, work: (id: string, user: string | null) => Promise<Deployed>): void =>
    router.change(
      'post',
      `/pipelines/:id/${action}`,
      async ({ param, user }) => {
        const id = param('id');
        const deployed = await work(id, user);
        return { status: 202, body: { ...pipelines.get(id), ...deployed } };
      },
      'flows.write',
    );
  act('start', (id, user) => pipelines.switch.start(id, user));
  act('stop', (id, user) => pipelines.switch.stop(id, user));
  act('restart', (id, user) => pipelines.switch.restart(id, user));
}
