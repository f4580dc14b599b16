import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';

export interface StoredFlows {
  readonly flows: readonly FlowEntry[];
  readonly rev: string;
}

/** What is used of Node-RED's runtime API, in the process or over HTTP. */
export interface FlowsApi {
  /** Null while none are loaded. */
  getFlows(): Promise<StoredFlows | null>;
  /** @returns the new revision; rejects with `code: 'version_mismatch'` when it is not at `rev` */
  setFlows(flows: StoredFlows, user: string | null): Promise<string>;
  /** `stop` when somebody stopped them all. */
  state(): Promise<string>;
  /** Node types that can run. */
  types(): Promise<ReadonlySet<string>>;
}

interface NodeSet {
  readonly types?: readonly string[];
  readonly enabled?: boolean;
  readonly err?: unknown;
}

interface Runtime {
  readonly httpAdmin: unknown;
  readonly flows: {
    getFlows(options: object): Promise<StoredFlows | null>;
    setFlows(options: object): Promise<{ readonly rev: string }>;
    getState(options: object): Promise<{ readonly state: string }>;
  };
  readonly nodes: { getNodeList(options: object): Promise<readonly NodeSet[]> };
}

const RUNTIME_FILE = /@node-red[\\/]runtime[\\/]lib[\\/]index\.js$/;

/**
 * Node-RED gives plugins no way to its runtime API; it is found among what is loaded, and known by its admin app, which only
 * the one that was started has: another copy may share its events.
 */
function findRuntime(red: NodeAPI): Runtime | undefined {
  const { coreNodesDir } = red.settings as { readonly coreNodesDir?: string };
  const loaded = Object.entries(require.cache)
    .filter(([path]) => RUNTIME_FILE.test(path))
    .map(
      ([, module]) =>
        (): unknown =>
          module?.exports,
    );
  const candidates: readonly (() => unknown)[] = [
    ...loaded,
    () => coreNodesDir && createRequire(join(coreNodesDir, 'x.js'))('@node-red/runtime'),
    () => require.main?.require('@node-red/runtime'),
  ];
  for (const candidate of candidates) {
    try {
      const found = candidate() as Runtime | undefined;
      if (found?.httpAdmin === red.httpAdmin && typeof found.flows?.setFlows === 'function') return found;
    } catch {
      // Not to be had on this way.
    }
  }
  return undefined;
}

/** The runtime API of this process; undefined where it is not to be found. */
export function inProcessFlows(red: NodeAPI): FlowsApi | undefined {
  const runtime = findRuntime(red);
  if (!runtime) return undefined;
  return {
    getFlows: () => runtime.flows.getFlows({}),
    setFlows: async ({ flows, rev }, user) => {
      const by = user === null ? {} : { user: { username: user } };
      return (await runtime.flows.setFlows({ flows: { flows, rev }, deploymentType: 'flows', ...by })).rev;
    },
    state: async () => (await runtime.flows.getState({})).state,
    types: async () => typesOf(await runtime.nodes.getNodeList({})),
  };
}

export const typesOf = (sets: readonly NodeSet[]): ReadonlySet<string> =>
  new Set(sets.flatMap(({ types = [], enabled, err }) => (enabled !== false && !err ? types : [])));
