import { z } from 'zod';

/** More than any name, topic or query of the original. */
export const MAX_TEXT_LENGTH = 65_535;

/** A `jsonb` column as an object: exports hold it as one, as its JSON text, or as the JSON text of that text. */
export function fromJsonText(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value !== 'string') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? JSON.parse(parsed) : parsed;
  } catch {
    context.addIssue('expected JSON, as a value or as text');
    return z.NEVER;
  }
}

/** What nothing depends on: anything that does not fit counts as absent. */
export function tolerant<T>(schema: z.ZodType<T>) {
  return schema.optional().catch(undefined);
}
