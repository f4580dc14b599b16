import type { OutgoingHttpHeaders, Server } from 'node:http';
import { posix } from 'node:path';
import type { NodeAPI } from 'node-red';
import { ModelManagementError } from '../../../../lib/errors';
import { readSecretFile } from '../secret-files';
import type { Settings } from '../settings';
import { type FlowsApi, type StoredFlows, typesOf } from './flows-api';
import { type HttpAnswer, type HttpClient, inProcessClient } from './in-process-http';

const ANSWER_MS = 30_000;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Itself, or what reads it each time that it is needed. */
export type AdminToken = string | (() => Promise<string>);

/** As settings.js gives it. */
export function adminTokenOf(settings: Settings['pipelines'] | undefined): AdminToken | undefined {
  const path = settings?.adminTokenFile;
  return path === undefined ? settings?.adminToken : () => readSecretFile(path, 'pipelines.adminTokenFile');
}

/**
 * The admin API of this Node-RED, for where the runtime API cannot be found in the process. What it is asked rejects with
 * `FLOWS_NOT_RUNNING` where it asks for a login we do not have, or is not there; `BAD_SETTINGS` where it refuses the token;
 * `TIMEOUT`.
 *
 * @param root - where it is on the server, ending with a slash
 */
export function httpFlows(
  client: HttpClient,
  root: string,
  token: AdminToken | undefined,
  answerMs = ANSWER_MS,
): FlowsApi {
  const ask = async (path: string, body?: object, headers: OutgoingHttpHeaders = {}): Promise<unknown> => {
    const bearer = typeof token === 'function' ? await token() : token;
    if (bearer !== undefined && !TOKEN.test(bearer)) throw badToken(token, 'is no token: it holds spaces or the like');
    const signal = AbortSignal.timeout(answerMs);
    const request = {
      method: body ? ('POST' as const) : ('GET' as const),
      path: root + path,
      headers: {
        accept: 'application/json',
        'node-red-api-version': 'v2',
        ...(body && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal,
    };
    const answer = await client(request).catch((cause: unknown) => {
      throw signal.aborted ? tooLate(answerMs, cause) : noWay(`broke off ${path}`, { cause });
    });
    const { status } = answer;
    if (status === 401 || status === 403) {
      throw token === undefined ? tokenMissing() : badToken(token, `is refused for ${request.method} ${path}`);
    }
    if (status === 413) throw tooLarge();
    const given = parsed(answer);
    if (given === undefined) throw noWay(`answered ${request.method} ${path} with ${status} and no JSON`);
    if (status < 300) return given;
    const { code, message } = (given ?? {}) as { readonly code?: string; readonly message?: string };
    throw Object.assign(new Error(message ?? `Node-RED answered ${status}`), { code });
  };
  return {
    getFlows: async () => (await ask('flows')) as StoredFlows | null,
    setFlows: async (flows) =>
      ((await ask('flows', flows, { 'node-red-deployment-type': 'flows' })) as { readonly rev: string }).rev,
    state: async () => ((await ask('flows/state')) as { readonly state: string }).state,
    types: async () => typesOf((await ask('nodes')) as Parameters<typeof typesOf>[0]),
  };
}

/**
 * Those of this Node-RED, as a client of ourselves: what its own login asks for has to be in settings.js.
 * @throws {ModelManagementError} `FLOWS_NOT_RUNNING` where it has no admin API
 */
export function ownFlowsOverHttp(red: NodeAPI, token: AdminToken | undefined): FlowsApi {
  const { httpAdminRoot } = red.settings as { readonly httpAdminRoot?: string | false };
  const { server } = red as { readonly server?: Server | null };
  if (!server || httpAdminRoot === false) {
    throw new ModelManagementError(
      'FLOWS_NOT_RUNNING',
      'This Node-RED gives plugins no way to change its flows, and has no admin API.',
      'Let it have one: httpAdminRoot in settings.js must not be false.',
    );
  }
  return httpFlows(inProcessClient(server), posix.join('/', httpAdminRoot ?? '', '/'), token);
}

/** Undefined: it is none. */
function parsed({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const tokenMissing = (): ModelManagementError =>
  new ModelManagementError(
    'FLOWS_NOT_RUNNING',
    'This Node-RED gives plugins no way to change its flows without a login.',
    'Start and stop the tab in the editor (disable or enable it, then Deploy), or set modelManagement.pipelines.adminToken.',
  );

const badToken = (token: AdminToken | undefined, what: string): ModelManagementError =>
  new ModelManagementError(
    'BAD_SETTINGS',
    `modelManagement.pipelines.${typeof token === 'function' ? 'adminTokenFile' : 'adminToken'} ${what}.`,
    'Give a token of the admin API which has not expired, of a user with the permissions read and flows.write.',
  );

const tooLarge = (): ModelManagementError =>
  new ModelManagementError(
    'BAD_SETTINGS',
    'The flows are larger than the admin API of this Node-RED takes.',
    'Raise apiMaxLength in settings.js (5mb when absent) and restart Node-RED.',
  );

const tooLate = (answerMs: number, cause: unknown): ModelManagementError =>
  new ModelManagementError(
    'TIMEOUT',
    `The admin API of this Node-RED did not answer within ${answerMs} ms.`,
    'See in the log of Node-RED what it does, and in the editor whether the change was made, then try again.',
    { cause },
  );

const noWay = (what: string, options?: ErrorOptions): ModelManagementError =>
  new ModelManagementError(
    'FLOWS_NOT_RUNNING',
    `This Node-RED gives plugins no way to change its flows: its admin API ${what}.`,
    'See what httpAdminRoot and httpAdminMiddleware in settings.js, or the program around Node-RED, do with it.',
    options,
  );
