import { z } from 'zod';
import { invalidInput } from '../errors';
import { CREATED, ITEM_ID, isColumnName, nameKey } from './names';
import { columnTypes } from './types';

const retention = z.strictObject({
  maxRows: z.int().positive().exactOptional(),
  maxAgeMs: z.int().positive().exactOptional(),
});

const column = z.strictObject({
  name: z.string().refine((name) => isColumnName(name) && ![ITEM_ID, CREATED].includes(nameKey(name)), {
    error: 'a column is letters, digits and "_", not first a digit, at most 63, and none of rowid, item_id, created',
  }),
  type: z.enum(columnTypes),
});

export const NewCollection = z.strictObject({
  name: z.string(),
  columns: z
    .array(column)
    .min(1)
    .max(500)
    .refine((list) => new Set(list.map(({ name }) => nameKey(name))).size === list.length, {
      error: 'two columns have the same name',
    })
    .exactOptional(),
  retention: retention.default({}),
});

export const CollectionPatch = z.strictObject({ retention });

export const QueryInput = z.strictObject({
  source: z.string().min(1).default('local'),
  query: z.string().max(100_000),
  limit: z.int().nonnegative().max(1_000).default(100),
});

/** @throws {ModelManagementError} `INVALID_INPUT` naming the first field that does not fit */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : [];
  const field = [...(issue?.path ?? []).map(String), ...keys].join('.');
  const message = keys.length > 0 ? 'there is no such field' : (issue?.message ?? 'does not fit');
  throw invalidInput(field, field ? `${field}: ${message}` : message, 'Correct the field and send it again.');
}
