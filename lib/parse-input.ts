import type { z } from 'zod';
import { invalidInput } from './errors';

/**
 * The input as its own type.
 * @param name - of the input itself, where it is one field
 * @throws {ModelManagementError} `INVALID_INPUT`; `details.field` is the path of the first field that does not fit
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, name = ''): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { field: inner, message } = firstIssue(parsed.error);
  const field = inner || name;
  throw invalidInput(field, field ? `${field}: ${message}` : message, 'Correct the field and send it again.');
}

/** The first thing wrong, with the path of its field. */
export function firstIssue(error: z.ZodError): { readonly field: string; readonly message: string } {
  const issue = error.issues[0];
  if (!issue) return { field: '', message: error.message };
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return {
      field: [...path, issue.keys[0] ?? ''].join('.'),
      message: 'there is no such field, or it cannot be changed',
    };
  }
  return { field: path.join('.'), message: issue.message };
}
