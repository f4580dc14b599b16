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
