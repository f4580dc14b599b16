import { z } from 'zod';
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
