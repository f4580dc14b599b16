import { z } from 'zod';
import { overflows } from '../../lib/inference/request-queue';
import { countField, JoinSchema, timeField } from '../../lib/pipeline/join-config';
import { parseStoredConfig } from '../../lib/pipeline/node/stored-config';
import { migrations } from './migrations';

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
  timeoutMs: timeField(30_000),
  queue: z.object({ max: countField(1_000), overflow: z.enum(overflows).default('error') }).prefault({}),
  parentIds: z.array(z.string()).default([]),
  join: JoinSchema,
});

/** The stored configuration of an `onnx-model`, complete. */
export type OnnxModelConfig = z.infer<typeof ConfigSchema>;

/** @throws {ModelManagementError} `INVALID_INPUT` naming the property */
export function parseConfig(stored: unknown): OnnxModelConfig {
  return parseStoredConfig(ConfigSchema, migrations, stored);
}
