import type { Request } from 'express';
import { invalidInput } from '../../../lib/errors';
import { textParameter } from '../../../lib/list-parameters';

/** `?name=true` and `?name` are true, `?name=false` and nothing are false. @throws `INVALID_INPUT` for anything else */
export function isTrue(request: Request, name: string): boolean {
  const value = request.query[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true' || value === '') return true;
  throw invalidInput(
    name,
    `${name} must be true or false, got ${JSON.stringify(value)}.`,
    `Give ${name}=true or leave it out.`,
  );
}

/** A parameter that may be given once. @throws `INVALID_INPUT` when it came twice */
export const textOf = (request: Request, name: string): string | undefined => textParameter(request.query, name);

/** A parameter that may be repeated. */
export function textsOf(request: Request, name: string): readonly string[] {
  const value = request.query[name];
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === 'string') return item;
    throw invalidInput(name, `${name} must be text.`, `Give ${name}=<text>, repeated for several.`);
  });
}

/** What the body is, in small letters and without its parameters; '' = not said. */
export const mediaTypeOf = (request: Request): string =>
  request.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
