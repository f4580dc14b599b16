import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  ArtifactFetcher,
  ArtifactPublisher,
  blobArtifacts,
  fileArtifact,
  type OpenArtifact,
} from '../../../../lib/edges/artifacts';
import { EdgeHub } from '../../../../lib/edges/hub/edge-hub';
import {
  AssignmentDocument,
  EdgeDocument,
  EdgeStateDocument,
  IssuedDocument,
} from '../../../../lib/edges/hub/hub-documents';
import {
  PipelineDeploymentDocument,
  type PipelineRevisionDocument,
} from '../../../../lib/edges/hub/pipelines/deployment-documents';
import { RolloutDocument } from '../../../../lib/edges/hub/rollout/rollout-document';
import { HubRun } from '../../../../lib/edges/hub/runs/hub-run-document';
import { RunDesk, type RunDeskDeps } from '../../../../lib/edges/hub/runs/run-desk';
import { versionAttributes } from '../../../../lib/edges/hub/version-files';
import { MqttBus } from '../../../../lib/edges/mqtt-bus';
import { prefixedBus } from '../../../../lib/edges/prefixed-bus';
import { openSigningKey, verifyingKey } from '../../../../lib/edges/protocol/keys';
import { artifactsOf, baseTopic } from '../../../../lib/edges/protocol/topics';
import { ensureFolder } from '../../../../lib/files';
import type { Libraries } from '../../../../lib/pipeline/library';
import type { Registry } from '../../../../lib/registry';
import { type BlobStore, type DocumentStore, openBlobStore, Secrets } from '../../../../lib/store';
import { brokerAddress } from '../broker-address';
import type { Closers } from '../closers';
import type { BrokerSettings } from '../settings';
import { EdgeLog } from './edge-log';
import type { EdgePartOptions } from './part-options';

export interface HubSideOptions extends EdgePartOptions {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly libraries: Pick<Libraries, 'get'>;
  readonly revisions: DocumentStore<PipelineRevisionDocument>;
}

export interface HubSide {
  readonly hub: EdgeHub;
  readonly log: EdgeLog;
  /** What edges carry out for the jobs of this hub. */
  readonly runs: RunDesk;
  /** What edges leave of rows. */
  readonly rowsOf: RunDeskDeps['fetcherOf'];
}

/** This Node-RED as the hub of its edges. Connects to the broker, without waiting for it; closed by `opened`. */
export async function openHubSide(options: HubSideOptions, broker: BrokerSettings, opened: Closers): Promise<HubSide> {
  const { folder, registry, blobs, libraries, revisions, clock, log, openDocuments, settings } = options;
  const hubId = folder.instanceId;
  const key = await openSigningKey(folder.keysPath, 'hub');
  const bus: MqttBus = new MqttBus({
    broker: () => brokerAddress(broker),
    base: baseTopic(broker.topicPrefix, hubId),
    clientId: `mm-hub-${hubId}`,
    clock,
    log,
    lastWill: () => hub.lastWill(),
  });
  const secrets = await Secrets.open(folder.keysPath);
  const runs = new RunDesk({
    hubId,
    documents: await openDocuments('edge-runs', HubRun),
    runsPath: folder.runsPath,
    secrets,
    fetcherOf: edgeFetchers(bus, options, 'edge-runs'),
    log,
  });
  const hub: EdgeHub = new EdgeHub({
    hubId,
    hubName: hostname(),
    key,
    bus,
    stores: {
      edges: await openDocuments('edges', EdgeDocument),
      assignments: await openDocuments('edge-models', AssignmentDocument),
      orders: await openDocuments('edge-orders', IssuedDocument),
      states: await openDocuments('edge-states', EdgeStateDocument),
      rollouts: await openDocuments('edge-rollouts', RolloutDocument),
      revisions,
      deployments: await openDocuments('edge-pipelines', PipelineDeploymentDocument),
    },
    secrets,
    registry,
    blobs,
    library: (name) => libraries.get(name),
    runsOf: (edge) => runs.desiredOf(edge),
    brokerOfEdges: () => brokerOfEdges(broker),
    clock,
    log,
  });
  const edgeLog = new EdgeLog(hub);
  const { bytesPerSecond } = settings.edges;
  const publisher = new ArtifactPublisher({
    bus,
    openArtifact: wantedArtifacts(hub, registry, blobs, runs),
    log,
    sign: (data) => key.sign(data),
    settings: bytesPerSecond === undefined ? {} : { bytesPerSecond },
  });
  runs.attach(hub);
  await hub.start();
  publisher.start().catch((error: unknown) => log.warn('artifacts are not offered', { error }));
  bus.open();
  opened.defer(async () => {
    runs.detach();
    await publisher.stop();
    await hub.stop();
    await bus.close();
  });
  return { hub, log: edgeLog, runs, rowsOf: edgeFetchers(bus, options, 'edge-rows') };
}

/** As an edge needs it. What lets the hub in is the hub's: an edge has a login of its own. */
function brokerOfEdges({ url, topicPrefix }: BrokerSettings): Readonly<Record<string, unknown>> {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return { url: parsed.href.replace(/\/$/, ''), ...(topicPrefix === 'model-management' ? {} : { topicPrefix }) };
}

/** What edges leave for this hub: of each key apart, signed with it, below topics of the edge. */
function edgeFetchers(bus: MqttBus, { folder, log }: HubSideOptions, part: string): RunDeskDeps['fetcherOf'] {
  const fetchers = new Map<string, Promise<ArtifactFetcher>>();
  return (edge, key) => {
    const root = join(folder.path, part, key.id);
    const open = async (): Promise<ArtifactFetcher> => {
      const [path, tempPath] = [join(root, 'blobs'), join(folder.tempPath, part)];
      await Promise.all([ensureFolder(path), ensureFolder(tempPath)]);
      const { verify } = verifyingKey(key.publicKey);
      return new ArtifactFetcher({
        bus: prefixedBus(bus, artifactsOf(edge)),
        blobs: await openBlobStore({ path, tempPath, log }),
        partialsPath: join(root, 'partials'),
        log,
        verify,
      });
    };
    const known = fetchers.get(key.id) ?? open();
    fetchers.set(key.id, known);
    return known;
  };
}

/** Only what some edge shall run: a broker is read by many. What is told of a version is made when it is wanted. */
function wantedArtifacts(hub: EdgeHub, registry: Registry, blobs: BlobStore, runs: RunDesk): OpenArtifact {
  const fromDisk = blobArtifacts(blobs, (digest) => hub.offered(digest) !== undefined);
  return async (digest) => {
    const file = hub.offered(digest);
    if (!file) return fileArtifact(digest, () => runs.pathOf(digest));
    const isAttributes = file !== undefined && 'model' in file && file.kind === 'attributes';
    const version = isAttributes ? registry.findVersion(file.model, file.version) : undefined;
    if (!version) return fromDisk(digest);
    const attributes = versionAttributes(version);
    return {
      sizeBytes: attributes.length,
      read: async (offset, length) => attributes.subarray(offset, offset + length),
    };
  };
}
