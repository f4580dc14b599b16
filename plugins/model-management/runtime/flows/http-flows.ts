import { type AddressInfo, isIPv6, type Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { NodeAPI } from 'node-red';
import { ModelManagementError } from '../../../../lib/errors';
import { readSecretFile } from '../secret-files';
import type { Settings } from '../settings';
import { type FlowsApi, type StoredFlows, typesOf } from './flows-api';

const ANSWER_MS = 30_000;

/** Itself, or what reads it each time that it is needed. */
export type AdminToken = string | (() => Promise<string>);

/** As settings.js gives it. */
export function adminTokenOf(settings: Settings['pipelines'] | undefined): AdminToken | undefined {
  const path = settings?.adminTokenFile;
  return path === undefined ? settings?.adminToken : () => readSecretFile(path, 'pipelines.adminTokenFile');
}

/** The admin API of this Node-RED, for where the runtime API cannot be found in the process. @param root - its URL, ending with a slash */
export function httpFlows(root: string, token: AdminToken | undefined): FlowsApi {
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const bearer = typeof token === 'function' ? await token() : token;
    const response = await fetch(root + path, {
      ...init,
      headers: {
        accept: 'application/json',
        'node-red-api-version': 'v2',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...init.headers,
      },
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
export function ownFlowsOverHttp(red: NodeAPI, token: AdminToken | undefined): FlowsApi {
  const { httpAdminRoot, adminAuth } = red.settings as {
    readonly httpAdminRoot?: string | false;
    readonly adminAuth?: unknown;
  };
  const { server } = red as { readonly server?: Server };
  const address = server?.address();
  if (!address || typeof address === 'string' || httpAdminRoot === false || (adminAuth && token === undefined)) {
    throw new ModelManagementError(
      'FLOWS_NOT_RUNNING',
      'This Node-RED gives plugins no way to change its flows.',
      'Start and stop the tab in the editor (disable or enable it, then Deploy), or set modelManagement.pipelines.adminToken.',
    );
  }
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  return httpFlows(
    `${scheme}://${hostOf(address)}:${address.port}${(httpAdminRoot ?? '/').replace(/\/?$/, '/')}`,
    token,
  );
}

/** Where it listens, as a URL writes it; what listens everywhere listens on loopback too. */
export function hostOf({ address }: Pick<AddressInfo, 'address'>): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return isIPv6(address) ? `[${address}]` : address;
}
