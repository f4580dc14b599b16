import type { NodeAPI } from 'node-red';
import { ModelManagementError } from '../../../../lib/errors';
import { type FlowsApi, type StoredFlows, typesOf } from './flows-api';

const ANSWER_MS = 30_000;

/** The admin API of this Node-RED, for where the runtime API cannot be found in the process. @param root - its URL, ending with a slash */
export function httpFlows(root: string, token: string | undefined): FlowsApi {
  const headers = {
    accept: 'application/json',
    'node-red-api-version': 'v2',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(root + path, {
      ...init,
      headers: { ...headers, ...init.headers },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.ok) return response.json();
    const { code, message } = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
    throw Object.assign(new Error(message ?? `Node-RED answered ${response.status}`), {
      code,
      status: response.status,
    });
  };
  return {
    getFlows: async () => (await ask('flows')) as StoredFlows,
    setFlows: async (flows) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': 'flows' },
        body: JSON.stringify(flows),
      };
      return ((await ask('flows', init)) as { readonly rev: string }).rev;
    },
    // Only offered where settings.js switches it on.
    state: async () => {
      try {
        return ((await ask('flows/state')) as { readonly state: string }).state;
      } catch (error) {
        if ((error as { status?: number }).status === 404) return 'start';
        throw error;
      }
    },
    types: async () => typesOf((await ask('nodes')) as Parameters<typeof typesOf>[0]),
  };
}

/**
 * Those of this Node-RED, as a client of ourselves: what its own login asks for has to be in settings.js.
 * @throws {ModelManagementError} `FLOWS_NOT_RUNNING` where it has no admin API, or one that asks for a login we do not have
 */
export function ownFlowsOverHttp(red: NodeAPI, token: string | undefined): FlowsApi {
  const { httpAdminRoot, adminAuth } = red.settings as {
    readonly httpAdminRoot?: string | false;
    readonly adminAuth?: unknown;
  };
  const address = (red as { server?: { address(): unknown } }).server?.address() as
    | { readonly address: string; readonly port: number; readonly family: string }
    | null
    | undefined;
  if (!address || httpAdminRoot === false || (adminAuth && token === undefined)) {
    throw new ModelManagementError(
      'FLOWS_NOT_RUNNING',
      'This Node-RED gives plugins no way to change its flows.',
      'Start and stop the tab in the editor (disable or enable it, then Deploy), or set modelManagement.pipelines.adminToken.',
    );
  }
  const host = address.family === 'IPv6' ? '[::1]' : '127.0.0.1';
  return httpFlows(`http://${host}:${address.port}${(httpAdminRoot ?? '/').replace(/\/?$/, '/')}`, token);
}
