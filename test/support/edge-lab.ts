import { type Clock, systemClock } from '../../lib/clock';
import { AgentDocument } from '../../lib/edges/agent/agent-documents';
import { EdgeAgent } from '../../lib/edges/agent/edge-agent';
import type { EdgeEffects } from '../../lib/edges/agent/edge-effects';
import type { ServedRequests } from '../../lib/edges/agent/health';
import { ModelState } from '../../lib/edges/agent/model-state';
import type { Bus } from '../../lib/edges/bus';
import { EdgeHub } from '../../lib/edges/hub/edge-hub';
import {
  AssignmentDocument,
  EdgeDocument,
  EdgeStateDocument,
  type HubStores,
  IssuedDocument,
} from '../../lib/edges/hub/hub-documents';
import {
  PipelineDeploymentDocument,
  PipelineRevisionDocument,
} from '../../lib/edges/hub/pipelines/deployment-documents';
import { RolloutDocument } from '../../lib/edges/hub/rollout/rollout-document';
import { MqttBus } from '../../lib/edges/mqtt-bus';
import { type Capabilities, type DesiredModel, EdgeName } from '../../lib/edges/protocol/documents';
import {
  keyIdOf,
  openSigningKey,
  PublicKeyText,
  type SigningKey,
  temporarySigningKey,
} from '../../lib/edges/protocol/keys';
import { edgeKey } from '../../lib/edges/protocol/names';
import { baseTopic } from '../../lib/edges/protocol/topics';
import type { Digest } from '../../lib/ids';
import { type Log, silentLog } from '../../lib/log';
import { modelKey } from '../../lib/names';
import type { Registry } from '../../lib/registry';
import { type DocumentStore, openBlobStore, openDataFolder, openDocumentStore, Secrets } from '../../lib/store';
import { Mosquitto, type MosquittoAccess } from './mosquitto';
import { type RegistryLab, registryLab } from './registry-lab';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';

export const HUB_ID = 'hub-1';
export const PREFIX = 'model-management';
export const EDGES = ['edge-2', 'edge-3', 'edge-4', 'edge-5', 'edge-6'] as const;

/** The access rules that docs/edge-protocol.md gives, for the hub of the tests. */
export function accessOf(acl: string): MosquittoAccess {
  const passwords = Object.fromEntries(['hub', ...EDGES, 'stranger'].map((user) => [user, `${user}-password`]));
  return { passwords, acl };
}

/** A machine without registry and engine: files are names, loading is a note. What fails is for the test to say. */
export class PlayedMachine implements EdgeEffects {
  readonly files = new Map<Digest, number>();
  /** Of the files: what is not what it was any more. */
  readonly damaged = new Set<Digest>();
  readonly calls: string[] = [];
  readonly activeVersions = new Map<string, number>();
  /** Throws for the calls that shall fail. */
  onCall: (call: string) => void | Promise<void> = () => undefined;
  requests: ServedRequests | undefined;
  roomBytes = 1e9;

  capabilities(): Capabilities {
    return {
      version: '0.1.0',
      nodeRed: '5.0.7',
      node: process.version,
      os: process.platform,
      arch: process.arch,
      cpus: 2,
      memoryBytes: 1e9,
      engine: { kind: 'native', version: '1.30.0' },
      docker: { available: false },
      features: ['models'],
    };
  }
  async artifacts(): Promise<ReadonlyMap<Digest, number>> {
    return this.files;
  }
  async freeBytes(): Promise<number> {
    return this.roomBytes;
  }
  async fetchArtifact(...[{ digest, kind, sizeBytes }]: Parameters<EdgeEffects['fetchArtifact']>): Promise<void> {
    await this.#call(`fetch ${kind}`);
    this.files.set(digest, sizeBytes);
    this.damaged.delete(digest);
  }
  async verifyArtifact(digest: Digest): Promise<boolean> {
    await this.#call('verify');
    return this.files.has(digest) && !this.damaged.has(digest);
  }
  async removeArtifact(digest: Digest): Promise<void> {
    await this.#call('remove');
    this.files.delete(digest);
    this.damaged.delete(digest);
  }
  async testLoad(model: string, { version }: DesiredModel['versions'][number]): Promise<void> {
    await this.#call(`test-load ${model} ${version}`);
  }
  async warm({ name, deployed }: DesiredModel): Promise<void> {
    await this.#call(`warm ${name} ${deployed}`);
  }
  async activate({ name, deployed }: DesiredModel): Promise<void> {
    await this.#call(`activate ${name} ${deployed}`);
    this.activeVersions.set(modelKey(name), deployed);
  }
  async deactivate(model: string): Promise<void> {
    await this.#call(`deactivate ${model}`);
    this.activeVersions.delete(modelKey(model));
  }
  served(): ServedRequests | undefined {
    return this.requests;
  }
  async #call(call: string): Promise<void> {
    this.calls.push(call);
    await this.onCall(call);
  }
}

export interface AgentOptions {
  readonly settings: {
    readonly name: string;
    readonly hubId: string;
    readonly hubPublicKey: string;
    readonly token?: string;
  };
  readonly brokerUrl: string;
  /** Of the broker; default the name of the edge. */
  readonly user?: string;
  readonly folder: string;
  /** Or what makes it of the connection, for one that takes its files from there. */
  readonly machine: EdgeEffects | ((bus: Bus) => Promise<EdgeEffects>);
  readonly clock?: Clock;
  readonly log?: Log;
  readonly clientId?: string;
  /** Default as the bus has it. */
  readonly keepAliveSeconds?: number;
}

export interface OpenAgent {
  readonly agent: EdgeAgent;
  readonly bus: MqttBus;
  close(): Promise<void>;
}

/** An agent on its real stores and its real connection. */
export async function openAgent(options: AgentOptions): Promise<OpenAgent> {
  const {
    settings,
    brokerUrl,
    folder: path,
    machine,
    clock = systemClock,
    log = silentLog,
    user = settings.name,
  } = options;
  const folder = await openDataFolder({ path, log, clock: systemClock });
  const at = { path: folder.dbPath, log };
  const stores = {
    agent: await openDocumentStore({ ...at, name: 'edge-agent', parse: (raw) => AgentDocument.parse(raw) }),
    models: await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => ModelState.parse(raw) }),
  };
  const bus: MqttBus = new MqttBus({
    broker: { url: brokerUrl, username: user, password: `${user}-password` },
    base: baseTopic(PREFIX, settings.hubId),
    clientId: options.clientId ?? `edge-${settings.name}`,
    clock: systemClock,
    log,
    lastWill: () => agent.lastWill(),
    minRetryMs: 50,
    maxRetryMs: 200,
    ...(options.keepAliveSeconds === undefined ? {} : { keepAliveSeconds: options.keepAliveSeconds }),
  });
  const agent: EdgeAgent = new EdgeAgent({
    bus,
    stores,
    keysPath: folder.keysPath,
    effects: typeof machine === 'function' ? await machine(bus) : machine,
    clock,
    log,
    settings: { ...settings, hubPublicKey: PublicKeyText.parse(settings.hubPublicKey) },
    renewConnection: () => bus.renew(),
  });
  await agent.start();
  bus.open();
  const close = async (): Promise<void> => {
    await agent.stop();
    await bus.close();
    await Promise.all([stores.agent.close(), stores.models.close()]);
    await folder.close();
  };
  return { agent, bus, close };
}

export interface OpenHub {
  readonly hub: EdgeHub;
  readonly bus: MqttBus;
  readonly key: SigningKey;
  close(): Promise<void>;
}

/** A hub's edges on their real stores beside a real registry. */
export async function openHub(options: {
  readonly path: string;
  readonly brokerUrl: string;
  readonly registry: Registry;
  readonly hubId?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly clientId?: string;
  /** May make writes fail. */
  readonly wrapStores?: (stores: HubStores) => HubStores;
}): Promise<OpenHub> {
  const { path, brokerUrl, registry, hubId = HUB_ID, clock = systemClock, log = silentLog } = options;
  const folder = await openDataFolder({ path, log, clock: systemClock });
  const at = { path: folder.dbPath, log };
  const stores = {
    edges: await openDocumentStore({ ...at, name: 'edges', parse: (raw) => EdgeDocument.parse(raw) }),
    assignments: await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => AssignmentDocument.parse(raw) }),
    orders: await openDocumentStore({ ...at, name: 'edge-orders', parse: (raw) => IssuedDocument.parse(raw) }),
    states: await openDocumentStore({ ...at, name: 'edge-states', parse: (raw) => EdgeStateDocument.parse(raw) }),
    rollouts: await openDocumentStore({ ...at, name: 'edge-rollouts', parse: (raw) => RolloutDocument.parse(raw) }),
    revisions: await openDocumentStore({
      ...at,
      name: 'pipeline-revisions',
      parse: (raw) => PipelineRevisionDocument.parse(raw),
    }),
    deployments: await openDocumentStore({
      ...at,
      name: 'edge-pipelines',
      parse: (raw) => PipelineDeploymentDocument.parse(raw),
    }),
  };
  const key = await openSigningKey(folder.keysPath, 'hub');
  const bus: MqttBus = new MqttBus({
    broker: { url: brokerUrl, username: 'hub', password: 'hub-password' },
    base: baseTopic(PREFIX, hubId),
    clientId: options.clientId ?? `hub-${hubId}`,
    clock: systemClock,
    log,
    lastWill: () => hub.lastWill(),
    minRetryMs: 50,
    maxRetryMs: 200,
  });
  const hub: EdgeHub = new EdgeHub({
    hubId,
    hubName: 'plant',
    key,
    bus,
    stores: options.wrapStores?.(stores) ?? stores,
    secrets: await Secrets.open(folder.keysPath),
    registry,
    blobs: await openBlobStore({ path: folder.blobsPath, tempPath: folder.tempPath, log }),
    library: (name) => {
      throw new Error(`no library ${name} here`);
    },
    brokerOfEdges: () => ({ url: brokerUrl }),
    clock,
    log,
  });
  await hub.start();
  bus.open();
  const close = async (): Promise<void> => {
    await hub.stop();
    await bus.close();
    await Promise.all(Object.values(stores).map((store) => store.close()));
    await folder.close();
  };
  return { hub, bus, key, close };
}

/** A store that does what another does, to be spread and changed. */
export const passing = <T extends { readonly _id: string }>(store: DocumentStore<T>): DocumentStore<T> => ({
  get: (id) => store.get(id),
  all: () => store.all(),
  insert: (document) => store.insert(document),
  put: (document) => store.put(document),
  delete: (id) => store.delete(id),
  compact: () => store.compact(),
  close: () => store.close(),
});

/** An edge whose key its hub knows. */
export interface EnrolledEdge {
  readonly name: string;
  readonly publicKey: string;
}

/** Writes them into the store of a hub that is closed. */
export async function putEnrolled(dbPath: string, edges: readonly EnrolledEdge[]): Promise<void> {
  const parse = (raw: unknown) => EdgeDocument.parse(raw);
  const store = await openDocumentStore({ path: dbPath, log: silentLog, name: 'edges', parse });
  const fields = { labels: [], createdAt: 0, deletedAt: null, tokens: [], revoked: null };
  await Promise.all(
    edges.map(({ name, publicKey: text }) => {
      const publicKey = PublicKeyText.parse(text);
      const key = { publicKey, id: keyIdOf(publicKey), enrolledAt: 0 };
      return store.put({ _id: edgeKey(name), name: EdgeName.parse(name), ...fields, key });
    }),
  );
  await store.close();
}

/** A broker with its access rules in force, a hub with a registry, and whatever edges a test adds. */
export class EdgeLab implements AsyncDisposable {
  readonly #agents: OpenAgent[] = [];
  readonly #folders: TemporaryFolder[] = [];
  hub: OpenHub;

  private constructor(
    readonly broker: Mosquitto,
    readonly registry: RegistryLab,
    readonly hubFolder: TemporaryFolder,
    hub: OpenHub,
  ) {
    this.hub = hub;
  }

  static async start(acl: string): Promise<EdgeLab> {
    const broker = await Mosquitto.start(accessOf(acl));
    const registry = await registryLab();
    const folder = await temporaryFolder();
    const hub = await openHub({ path: folder.path, brokerUrl: broker.url, registry: registry.registry });
    return new EdgeLab(broker, registry, folder, hub);
  }

  async restartHub(): Promise<void> {
    await this.hub.close();
    await this.resumeHub();
  }

  async resumeHub(
    clock: Clock = systemClock,
    wrapStores?: (stores: HubStores) => HubStores,
    log: Log = silentLog,
  ): Promise<void> {
    const { registry } = this.registry;
    const { path } = this.hubFolder;
    const wrap = wrapStores ? { wrapStores } : {};
    this.hub = await openHub({ path, brokerUrl: this.broker.url, registry, clock, log, ...wrap });
  }

  async folder(): Promise<string> {
    const folder = await temporaryFolder();
    this.#folders.push(folder);
    return folder.path;
  }

  /** Adds an edge to the hub; its settings are what the snippet holds. */
  async add(name: string, labels: readonly string[] = []): Promise<AgentOptions['settings']> {
    const { enrolment } = await this.hub.hub.create({ name, labels }, 'ann');
    return enrolment.settings['edge'] as AgentOptions['settings'];
  }

  /** Edges that have a key already, while the hub is closed. */
  async addEnrolled(names: readonly string[]): Promise<void> {
    const folder = await openDataFolder({ path: this.hubFolder.path, log: silentLog, clock: systemClock });
    const edges = names.map((name) => ({ name, publicKey: temporarySigningKey().publicKey.text }));
    await putEnrolled(folder.dbPath, edges);
    await folder.close();
  }

  async agent(
    options: Omit<AgentOptions, 'brokerUrl' | 'folder'> & Partial<Pick<AgentOptions, 'brokerUrl' | 'folder'>>,
  ): Promise<OpenAgent> {
    const folder = options.folder ?? (await this.folder());
    const opened = await openAgent({ brokerUrl: this.broker.url, ...options, folder });
    this.#agents.push(opened);
    return opened;
  }

  /** Ends one before the others. */
  async end(agent: OpenAgent): Promise<void> {
    this.#agents.splice(this.#agents.indexOf(agent), 1);
    await agent.close();
  }

  async endAgents(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endAgents();
    await this.hub.close();
    await this.registry[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
    for (const folder of [...this.#folders, this.hubFolder]) await folder[Symbol.asyncDispose]();
  }
}
