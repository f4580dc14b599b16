import type { Application, ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { asModelManagementError, invalidInput, ModelManagementError } from '../../../lib/errors';
import { buildInferResponse, modelMetadata, parseInferRequest } from '../../../lib/inference/open-inference';
import type { ModelSource } from '../../../lib/inference/served-version';
import type { Log } from '../../../lib/log';
import { asRequestError } from './admin-router';
import { presentError } from './present-error';
import type { Services } from './services';

/** As much as an MQTT message may hold; a tensor of more has its place in a flow beside the data. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;
/** Paths name models, versions and aliases that exist: more is nobody's use. */
const MAX_CACHED_PATHS = 1_000;
const JSON_LENGTH_HEADER = 'inference-header-content-length';

export interface OpenInferenceDeps {
  readonly httpNode: Application;
  /** Where the admin API lies around the HTTP nodes, it reads JSON before they do. */
  readonly httpAdmin: Application;
  /** `httpNodeRoot` of settings.js. */
  readonly nodeRoot: string;
  /** `httpNodeMiddleware` of settings.js: also runs before every http-in node. */
  readonly middleware: RequestHandler | readonly RequestHandler[];
  /** @throws {ModelManagementError} when they are not to be had now, with the reason */
  readonly services: () => Promise<Services>;
  readonly log: Log;
}

interface Call {
  readonly request: Request;
  readonly response: Response;
  readonly services: Services;
}

/**
 * The Open Inference Protocol v2 over HTTP, at `<httpNodeRoot>/v2`.
 * @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function registerOpenInferenceRoutes(deps: OpenInferenceDeps): void {
  const { httpNode } = deps;
  const before = [deps.middleware].flat();
  const answer = (handler: (call: Call) => Promise<void> | void): RequestHandler[] => [
    ...before,
    (request, response) => {
      const work = async (): Promise<void> => {
        await handler({ request, response, services: await deps.services() });
      };
      work().catch((error: unknown) => refuse(deps.log, request, response, asModelManagementError(error)));
    },
  ];
  httpNode.get('/v2', answer(tellServer));
  const tellLive: RequestHandler = (_request, response) => void response.json({ live: true });
  httpNode.get('/v2/health/live', ...before, tellLive);
  httpNode.get('/v2/health/ready', answer(tellReady));
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    httpNode.get(path, answer(tellModel));
    httpNode.get(`${path}/ready`, answer(tellModelReady));
    httpNode.post(`${path}/infer`, answer(infer));
  }
  refuseUnread(deps);
}

/** What the JSON parser of the admin API refuses never comes to the routes. */
function refuseUnread({ httpAdmin, nodeRoot, log }: OpenInferenceDeps): void {
  const { parent } = httpAdmin as Application & { readonly parent?: Application };
  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    refuse(log, request, response, asRequestError(error));
  };
  parent?.use(`${nodeRoot.replace(/\/*$/, '')}/v2`, onError);
}

function tellServer({ response, services }: Call): void {
  response.json({
    name: 'node-red-model-management',
    version: services.packageVersion,
    extensions: ['binary_tensor_data'],
  });
}

async function tellReady({ response, services }: Call): Promise<void> {
  const { kind, reason } = await services.engine.stats();
  if (kind === 'none') throw new ModelManagementError('ENGINE_UNAVAILABLE', reason ?? 'no runtime', 'See health.');
  response.json({ ready: true });
}

function tellModel({ request, response, services }: Call): void {
  const { model, signature } = sourceOf(request, services);
  response.json(modelMetadata(model, services.versionsOf(model).map(String), signature));
}

/** Ready = it is there, and its process has not failed: what is not loaded is loaded with the first request. */
async function tellModelReady({ request, response, services }: Call): Promise<void> {
  const { model, version } = sourceOf(request, services);
  const { kind, models, reason } = await services.engine.stats();
  const own = models.find((one) => one.model === model && one.version === version);
  if (kind === 'none' || own?.state === 'failed') {
    throw new ModelManagementError(
      'MODEL_FAILED',
      `${model} version ${version} is not ready: ${reason ?? 'it keeps failing'}.`,
      'See health.',
    );
  }
  response.json({ name: model, ready: true });
}

/** What a path means, until something in the registry changes: looking it up takes longer than a small model. */
class SourceCache {
  private readonly found = new Map<string, ModelSource>();

  constructor(private readonly services: Services) {
    services.registry.onChange(() => this.found.clear());
  }

  of(request: Request): ModelSource {
    // What an edge serves is at hand, and changes without the registry.
    if (this.services.edge) return lookUp(request, this.services);
    const { path } = request;
    let source = this.found.get(path);
    if (!source) {
      source = lookUp(request, this.services);
      if (this.found.size >= MAX_CACHED_PATHS) this.found.clear();
      this.found.set(path, source);
    }
    return source;
  }
}

const caches = new WeakMap<Services, SourceCache>();

function sourceOf(request: Request, services: Services): ModelSource {
  let cache = caches.get(services);
  if (!cache) {
    cache = new SourceCache(services);
    caches.set(services, cache);
  }
  return cache.of(request);
}

async function infer({ request, response, services }: Call): Promise<void> {
  const source = sourceOf(request, services);
  const body = request.readableEnded ? readAlready(request) : await readBody(request);
  const asked = parseInferRequest(body, jsonLengthOf(request), source.signature);
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const fetches = asked.outputs.map(({ name }) => name);
  // Twice the limit of a run, so that a run that takes too long is told as that and not as a long wait.
  const timeoutMs = services.settings.engine.requestTimeoutMs * 2;
  const { outputs } = await services.serving.use(
    source,
    ({ loaded }) => loaded.run(asked.feeds, { fetches, timeoutMs, signal: gone.signal }),
    gone.signal,
  );
  const { body: answer, jsonBytes } = buildInferResponse(source.model, source.version, asked, outputs);
  if (jsonBytes === null) response.setHeader('Content-Type', 'application/json');
  else {
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Inference-Header-Content-Length', jsonBytes);
  }
  response.setHeader('Content-Length', answer.length);
  response.end(answer);
}

function lookUp({ params }: Request, services: Services): ModelSource {
  const { name = '', version = 'deployed' } = params as { readonly name?: string; readonly version?: string };
  return services.findSource(name, version);
}

function jsonLengthOf(request: Request): number | null {
  const text = request.get(JSON_LENGTH_HEADER);
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalidInput(
    'Inference-Header-Content-Length',
    `The header is ${JSON.stringify(text.slice(0, 40))}.`,
    'Send the length of the JSON in bytes.',
  );
}

/**
 * What the admin API has made of a body that it read before us. It reads forms too, and of JSON that came as one
 * nothing is left to be used.
 * @throws {ModelManagementError} `INVALID_INPUT`
 */
function readAlready(request: Request): object {
  if (!request.is('application/x-www-form-urlencoded')) return request.body as object;
  throw invalidInput(
    'Content-Type',
    'The body came as a form, as curl -d sends it when nothing else is said.',
    'Send JSON with Content-Type: application/json.',
  );
}

/** @throws {ModelManagementError} `PAYLOAD_TOO_LARGE`, `INVALID_INPUT`, `ABORTED` */
function readBody(request: Request): Promise<Buffer> {
  const encoding = request.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw invalidInput(
      'Content-Encoding',
      `The body is encoded as ${JSON.stringify(encoding.slice(0, 40))}.`,
      'Send it as it is.',
    );
  }
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (part: Buffer) => {
      sizeBytes += part.length;
      if (sizeBytes <= MAX_BODY_BYTES) parts.push(part);
      else
        reject(
          new ModelManagementError(
            'PAYLOAD_TOO_LARGE',
            `The body is larger than ${MAX_BODY_BYTES} bytes.`,
            'Send smaller batches.',
          ),
        );
    });
    request.once('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
    request.once('error', reject);
    request.once('close', () => {
      if (!request.readableEnded) reject(new ModelManagementError('ABORTED', 'The client has gone.', 'Nothing to do.'));
    });
  });
}

function refuse(log: Log, request: Request, response: Response, error: ModelManagementError): void {
  const { httpStatus, level, body } = presentError(error);
  const fields = (): { code: string; message: string; cause: unknown } => ({
    code: error.code,
    message: error.message,
    cause: error.cause,
  });
  if (level === 'debug') log.debug('inference request refused', fields);
  else log[level]('inference request failed', fields());
  if (response.headersSent) return void response.destroy();
  response.status(httpStatus).json({ error: `${body.error.message} ${body.error.hint}` });
  // A client that reads only after it has sent all would wait for ever.
  request.resume();
}
