import type { Request, RequestHandler } from 'express';
import { ModelManagementError } from '../../../lib/errors';

/** What every changing request carries; a page of another origin cannot add it without a preflight. */
export const csrfHeader = 'x-model-management';

function isForeign(request: Request, allowedOrigins: readonly string[]): boolean {
  if (request.get('sec-fetch-site') === 'cross-site') return true;
  const origin = request.get('origin');
  if (origin === undefined || allowedOrigins.includes(origin)) return false;
  // The Host header itself, not X-Forwarded-Host: a client may write the latter as it likes.
  return !URL.canParse(origin) || new URL(origin).host !== request.get('host');
}

/**
 * Refuses what another web page sent through an admin's browser. Node-RED itself does not: 4.1 answers every preflight
 * with `Access-Control-Allow-Origin: *`, and simple cross-site posts reach the handlers of both versions.
 */
export function originGuard(allowedOrigins: () => readonly string[]): RequestHandler {
  return (request, _response, next) => {
    if (!isForeign(request, allowedOrigins())) return next();
    next(
      new ModelManagementError(
        'FORBIDDEN_ORIGIN',
        'This request comes from a page of another origin.',
        'If that page is yours, add its origin to modelManagement.allowedOrigins in settings.js.',
      ),
    );
  };
}

export const csrfGuard: RequestHandler = (request, _response, next) => {
  if (request.get(csrfHeader) === '1') return next();
  next(
    new ModelManagementError(
      'CSRF',
      `A changing request needs the header X-Model-Management: 1, ${request.get(csrfHeader) === undefined ? 'which is missing' : 'but it has another value'}.`,
      'Add the header X-Model-Management: 1 to the request.',
    ),
  );
};
