import { z } from 'zod';
import { ModelManagementError } from '../../lib/errors';
import { overflows } from '../../lib/inference/request-queue';
import { migrate } from './migrations';

const limit = (fallback: number) => z.number().int().min(0).default(fallback);

/** A timer set for longer would fire at once. */
const longestTimerMs = 2_147_483_647;
const timeLimit = (fallback: number) => z.number().int().min(0).max(longestTimerMs).default(fallback);

const JoinSchema = z
  .object({
    mode: z.enum(['all', 'any']).default('all'),
    key: z.enum(['msgid', 'property', 'none']).default('msgid'),
    property: z.string().default(''),
    parentKeys: z.enum(['id', 'name']).default('id'),
    parents: z
      .array(
        z.object({
          policy: z.enum(['each', 'latest', 'next', 'optional', 'alone']).default('each'),
          key: z.string().optional(),
          initial: z.unknown().optional(),
        }),
      )
      .default([]),
    timeoutMs: timeLimit(30_000),
    optionalWaitMs: timeLimit(1_000),
    maxWaiting: limit(1_000),
    keepParents: z.boolean().default(false),
  })
  .prefault({});

const ConfigSchema = z.object({
  configVersion: z.literal(1).default(1),
  source: z.enum(['registry', 'file']).default('registry'),
  model: z.string().default(''),
  file: z
    .string()
    .refine((path) => !path.includes('\u0000'), 'no path holds a NUL')
    .default(''),
  version: z.string().min(1).default('deployed'),
  features: z.array(z.string()).default([]),
  inputMap: z
    .array(
      z.object({
        input: z.string(),
        value: z.union([z.string(), z.number()]).transform(String),
        valueType: z.enum(['parent', 'msg', 'flow', 'global', 'jsonata', 'json', 'num']),
      }),
    )
    .default([]),
  result: z
    .object({ mode: z.enum(['first', 'all', 'named']).default('first'), names: z.array(z.string()).default([]) })
    .prefault({}),
  format: z.enum(['nested', 'tensor', 'label']).default('nested'),
  label: z.object({ topK: z.number().int().positive().default(1), softmax: z.boolean().default(false) }).prefault({}),
  timeoutMs: timeLimit(30_000),
  queue: z.object({ max: limit(1_000), overflow: z.enum(overflows).default('error') }).prefault({}),
  parentIds: z.array(z.string()).default([]),
  join: JoinSchema,
});

/** The stored configuration of an `onnx-model`, complete. */
export type OnnxModelConfig = z.infer<typeof ConfigSchema>;

/**
 * Reads what the flow file holds; omitted keys take their defaults, older forms are migrated.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the property
 */
export function parseConfig(stored: unknown): OnnxModelConfig {
  const parsed = ConfigSchema.safeParse(migrate(stored));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'configuration';
  throw new ModelManagementError(
    'INVALID_INPUT',
    `${field}: ${issue?.message ?? 'not usable'}`,
    'Open the node, mend it and deploy.',
    {
      details: { field },
    },
  );
}
