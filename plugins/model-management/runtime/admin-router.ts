import type { Application, ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { asModelManagementError, invalidInput, ModelManagementError } from '../../../lib/errors';
import type { Log } from '../../../lib/log';
import { presentError } from './present-error';
import { csrfGuard, originGuard } from './request-guard';
import type { Services } from './services';

export const basePath = '/model-management';

/** `flows.write` is Node-RED's own: what stores code or changes flows needs it beside ours. */
export type Permission = 'model-management.read' | 'model-management.write' | 'flows.write';

/** One HTTP request, with what a handler needs and nothing else. */
export interface Call {
  readonly request: Request;
  readonly response: Response;
  readonly services: Services;
  /** Name of the user who is logged in; null without `adminAuth`. */
  readonly user: string | null;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** A path parameter, decoded. */
  param(name: string): string;
  /** What a path made by `restOf` holds behind its beginning, decoded. */
  rest(): string;
  /**
   * For what only the body tells: resolves when the user has a permission beside those of the route; always without
   * `adminAuth`.
   * @throws {ModelManagementError} `FORBIDDEN` when not
   */
  requirePermission(permission: Permission): Promise<void>;
}

/** What to answer with: a JSON body and its status, or undefined when the handler has written the answer itself. */
export type Outcome = { readonly status: number; readonly body?: unknown } | undefined;
export type Handler = (call: Call) => Promise<Outcome> | Outcome;

export interface AdminRouterDeps {
  readonly httpAdmin: Application;
  readonly needsPermission: (permission: string) => RequestHandler;
  readonly allowedOrigins: () => readonly string[];
  /** Waits while they start. @throws {ModelManagementError} when they are not to be had now, with the reason */
  readonly services: () => Promise<Services>;
  readonly log: Log;
}

function userOf(request: Request): string | null {
  const { user } = request as Request & { readonly user?: { readonly username?: unknown } };
  return typeof user?.username === 'string' ? user.username : null;
}

/** What belongs to the edge itself. */
const ownRoutes = /^\/(collections|sources|edge)(\/|$)/;

/** On an edge the hub says what runs; only its rows are its own. */
function refuseManaged({ edge }: Services, path: string): void {
  if (!edge || ownRoutes.test(path)) return;
  throw new ModelManagementError(
    'MANAGED_BY_HUB',
    `This Node-RED is the edge ${edge.settings.name} of a hub, which says what runs here.`,
    'Change it on the hub, or leave the hub.',
  );
}

function abortSignalOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Asks Node-RED's own check of a permission, which would answer the request itself when it refuses. */
function askPermission(check: RequestHandler, request: Request, permission: Permission): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (): void =>
      reject(
        new ModelManagementError(
          'FORBIDDEN',
          `This needs the permission ${permission}, which the user does not have.`,
          `Ask an administrator for ${permission}, or leave out what needs it.`,
          { details: { permission } },
        ),
      );
    const response = { statusCode: 200, setHeader: () => undefined, status: () => response, end: refuse };
    check(request, response as unknown as Response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/** What fails before a handler of ours runs: Node-RED's body parser, and the router that decodes the path. */
export function asRequestError(error: unknown): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  const { type, limit, status } = (typeof error === 'object' && error !== null ? error : {}) as {
    type?: string;
    limit?: number;
    status?: number;
  };
  if (type === 'entity.too.large') {
    return new ModelManagementError(
      'PAYLOAD_TOO_LARGE',
      `The JSON body is larger than ${limit ?? 'the permitted number of'} bytes.`,
      'Raise apiMaxLength in settings.js; models and rows go as application/octet-stream, application/x-ndjson or text/csv, which have no such limit.',
      { cause: error },
    );
  }
  if (error instanceof URIError) {
    return invalidInput(
      'path',
      'The path is not percent-encoded UTF-8.',
      'Encode each part of it as encodeURIComponent does.',
    );
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const message = 'The body is not the JSON it claims to be.';
    return new ModelManagementError('INVALID_JSON', message, 'Send valid JSON, or another Content-Type.', {
      cause: error,
    });
  }
  return asModelManagementError(error);
}

/** Registers the routes of the package on Node-RED's admin app, each with its permission, all in one error shape. */
export class AdminRouter {
  private readonly onError: ErrorRequestHandler;

  constructor(private readonly deps: AdminRouterDeps) {
    this.onError = (error, request, response, _next) => {
      const known = asRequestError(error);
      const { httpStatus, level, body } = presentError(known);
      const fields = () => ({ code: known.code, message: known.message, cause: known.cause });
      if (level === 'debug') deps.log.debug('request refused', fields);
      else deps.log[level]('request failed', fields());
      // Only a cut connection says now that the answer is not whole. Passed on, the error would be logged again.
      if (response.headersSent) return void response.destroy();
      // What the handler meant to send is not what goes out now.
      for (const name of ['Content-Type', 'Content-Disposition', 'ETag']) response.removeHeader(name);
      response.status(httpStatus).json(body);
      // A client that reads only after it has sent all would wait for ever, and then find the connection cut.
      request.resume();
    };
    deps.httpAdmin.use(basePath, originGuard(deps.allowedOrigins));
  }

  get(path: string, permission: Permission, handler: Handler): void {
    this.deps.httpAdmin.get(basePath + path, this.deps.needsPermission(permission), this.run(handler));
  }

  /** A path with any number of further parts behind it. */
  restOf(path: string): string {
    return `${path}/*`;
  }

  /** A request that only computes something from its body: no CSRF header, the origin check is enough. */
  query(path: string, permission: Permission, handler: Handler): void {
    this.deps.httpAdmin.post(basePath + path, this.deps.needsPermission(permission), this.run(handler));
  }

  /** @param more - permissions beside `model-management.write` */
  change(method: 'post' | 'put' | 'patch' | 'delete', path: string, handler: Handler, ...more: Permission[]): void {
    const { httpAdmin, needsPermission } = this.deps;
    const permissions: Permission[] = ['model-management.write', ...more];
    httpAdmin[method](basePath + path, csrfGuard, permissions.map(needsPermission), this.run(handler, path));
  }

  /** After the last route: what nothing answered, and the errors of everything under the base path. */
  finish(): void {
    const { httpAdmin, needsPermission } = this.deps;
    httpAdmin.use(basePath, needsPermission('model-management.read'), (request, _response, next) => {
      const message = `There is no ${request.method} ${basePath}${request.path}.`;
      next(new ModelManagementError('NOT_FOUND', message, 'See the HTTP API in the documentation.'));
    });
    httpAdmin.use(basePath, this.onError);
    // The body parser sits on the app around ours, so its errors pass ours by.
    const { parent } = httpAdmin as Application & { readonly parent?: Application };
    parent?.use(basePath, this.onError);
  }

  /** @param changes - the path of a route that changes something */
  private run(handler: Handler, changes?: string): RequestHandler {
    return (request, response, next) => {
      const answer = async (): Promise<void> => {
        const param = (name: string): string => {
          const value = request.params[name];
          if (typeof value !== 'string') throw new Error(`the route has no parameter ${name}`);
          return value;
        };
        const signal = abortSignalOf(response);
        const services = await this.deps.services();
        if (changes !== undefined) refuseManaged(services, changes);
        const rest = (): string => param('0');
        const requirePermission = (permission: Permission): Promise<void> =>
          askPermission(this.deps.needsPermission(permission), request, permission);
        const call = { request, response, services, user: userOf(request), signal, param, rest, requirePermission };
        const outcome = await handler(call);
        if (!outcome || response.headersSent) return;
        if (outcome.body === undefined) response.status(outcome.status).end();
        else response.status(outcome.status).json(outcome.body);
      };
      answer().catch((error: unknown) => next(asModelManagementError(error)));
    };
  }
}
