import { z } from 'zod';
import { MAX_TEXT_LENGTH, tolerant } from './row-fields';

const MAX_STEP_COUNT = 500;
/** Ends of edges: each edge has two. */
const MAX_END_COUNT = 10_000;
const MAX_ID_LENGTH = 256;
const MAX_FEATURE_COUNT = 10_000;

const text = z
  .string()
  .max(MAX_TEXT_LENGTH)
  .nullish()
  .transform((value) => value ?? '');
const ids = z
  .array(z.string().max(MAX_ID_LENGTH))
  .max(MAX_STEP_COUNT)
  .nullish()
  .transform((value) => value ?? []);
/** Pixels; no canvas is larger. */
const coordinate = z.number().min(-1_000_000).max(1_000_000);
const colour = z.string().regex(/^#[0-9a-f]{6}$/i);

const common = {
  label: text,
  prev: ids,
  next: ids,
  styling: tolerant(
    z.object({ position: tolerant(z.object({ x: coordinate, y: coordinate })), color: tolerant(colour) }),
  ),
};

/** Changing a step's type left the keys of the old type behind: only those of its type are read. */
const metadata = <T extends z.core.$ZodLooseShape>(shape: T) => z.preprocess((value) => value ?? {}, z.object(shape));

const Step = z.discriminatedUnion('nodeType', [
  z.object({
    nodeType: z.enum(['INBOUND', 'OUTBOUND', 'MQTTSUB', 'MQTTPUB']),
    ...common,
    metadata: metadata({ topic: text }),
  }),
  z.object({
    nodeType: z.literal('MODEL'),
    ...common,
    metadata: metadata({
      model: text,
      usingFeatures: z
        .boolean()
        .nullish()
        .transform((value) => value ?? false),
      features: z
        .array(z.string().max(MAX_TEXT_LENGTH))
        .max(MAX_FEATURE_COUNT)
        .nullish()
        .transform((value) => value ?? []),
    }),
  }),
  z.object({ nodeType: z.literal('LIBRARY'), ...common, metadata: metadata({ library: text }) }),
]);

/** One step of a pipeline of the original, under the id it has there. */
export type Step = { readonly id: string } & Readonly<z.infer<typeof Step>>;

/** A step that listens to a topic or publishes on one. */
export type TopicStep = Exclude<Step, { readonly nodeType: 'MODEL' | 'LIBRARY' }>;

/**
 * The column `steps`: `{id: step}` in the order of the row, at most 500 steps, and 10,000 ids in all `prev` and `next`. A `Map`, because the
 * ids are any text.
 */
export const Steps = z.unknown().transform((input, context): ReadonlyMap<string, Step> => {
  const steps = new Map<string, Step>();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    context.addIssue('expected an object of steps by their ids');
    return z.NEVER;
  }
  const entries = Object.entries(input);
  if (entries.length > MAX_STEP_COUNT) {
    context.addIssue(`expected at most ${MAX_STEP_COUNT} steps, got ${entries.length}`);
    return z.NEVER;
  }
  let endCount = 0;
  for (const [id, value] of entries) {
    // As a key of the joined object it would be lost, or worse.
    if (id === '__proto__' || id === '' || id.length > MAX_ID_LENGTH) {
      context.issues.push({ code: 'custom', input: id, path: [id], message: 'cannot be the id of a step' });
      continue;
    }
    const parsed = Step.safeParse(value);
    for (const issue of parsed.error?.issues ?? []) {
      context.issues.push({ code: 'custom', input: value, path: [id, ...issue.path], message: issue.message });
    }
    if (!parsed.success) continue;
    endCount += parsed.data.prev.length + parsed.data.next.length;
    steps.set(id, { id, ...parsed.data });
  }
  if (endCount > MAX_END_COUNT)
    context.addIssue(`expected at most ${MAX_END_COUNT} ids in all prev and next, got ${endCount}`);
  return steps;
});
