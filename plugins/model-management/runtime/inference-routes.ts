import { z } from 'zod';
import { invalidInput } from '../../../lib/errors';
import { answerTo } from '../../../lib/inference/answer';
import { createCodec, toJsonSafe } from '../../../lib/inference/codec';
import type { ServedVersion } from '../../../lib/inference/served-version';
import { inferenceFlow } from '../../../lib/pipeline/inference-flow';
import { parseInput } from '../../../lib/registry';
import type { AdminRouter } from './admin-router';
import { FlowBody, present } from './flow-body';

const names = z.array(z.string());

const InferBody = z.object({
  payload: z.unknown(),
  features: names.optional(),
  result: z
    .union([
      z.enum(['first', 'all']).transform((mode) => ({ mode })),
      z.object({ mode: z.enum(['first', 'all', 'named']), names: names.optional() }),
    ])
    .optional(),
  format: z.enum(['nested', 'tensor', 'label']).optional(),
  label: z.object({ topK: z.number().int().positive().optional(), softmax: z.boolean().optional() }).optional(),
});

export function registerInferenceRoutes(router: AdminRouter): void {
  router.query('/models/:name/versions/:version/infer', 'model-management.read', async (call) => {
    const { request, services, signal } = call;
    const source = services.findSource(call.param('name'), call.param('version'));
    const { payload, features, ...options } = parseInput(InferBody, request.body ?? {}, 'body');
    if (payload === undefined) {
      throw invalidInput('payload', 'The body has no payload.', 'Send {"payload": …} with what a message would carry.');
    }
    const columns = features?.length ? features : source.features;
    const codec = createCodec(
      source.signature,
      present({
        ...options,
        label: present(options.label ?? {}),
        result: present(options.result ?? { mode: 'first' as const }),
        features: columns,
        labels: source.labels,
      }),
    );
    const encoded = codec.encode(payload);
    // Twice the limit of a run, so that a run that takes too long is told as that and not as a long wait.
    const limits = { timeoutMs: services.settings.engine.requestTimeoutMs * 2, signal };
    const work = ({ loaded }: ServedVersion) => answerTo(encoded, codec, loaded, limits);
    const { value: answer, durationMs } = await services.serving.use(source, work, signal);
    const { value, nonFinite } = toJsonSafe(answer);
    return { status: 200, body: { payload: value, durationMs, ...(nonFinite ? { nonFinite } : {}) } };
  });

  router.query('/models/:name/inference-flow', 'model-management.read', ({ request, services, param }) => {
    const model = services.registry.getModel(param('name'));
    const options = parseInput(FlowBody, request.body ?? {}, 'body');
    const version = services.registry.findVersion(model.name, 'deployed');
    const { broker } = services.settings;
    const flow = inferenceFlow(
      present({ ...options, model: model.name, features: version?.features, brokerUrl: broker?.url }),
    );
    return { status: 200, body: { flow } };
  });
}
