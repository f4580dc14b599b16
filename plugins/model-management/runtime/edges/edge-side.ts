import { join } from 'node:path';
import type { Collections } from '../../../../lib/collections';
import { AgentDocument } from '../../../../lib/edges/agent/agent-documents';
import { EdgeAgent } from '../../../../lib/edges/agent/edge-agent';
import { EngineEffects } from '../../../../lib/edges/agent/engine-effects';
import type { ModelShelf } from '../../../../lib/edges/agent/model-shelf';
import { ModelState } from '../../../../lib/edges/agent/model-state';
import { PipelineAgent } from '../../../../lib/edges/agent/pipelines/pipeline-agent';
import { PipelineState, ProvidedLibrary } from '../../../../lib/edges/agent/pipelines/pipeline-state';
import type { EdgeRunsDeps } from '../../../../lib/edges/agent/runs/edge-runs';
import { HubTraining } from '../../../../lib/edges/agent/runs/hub-training';
import { ArtifactFetcher, StorageBudget } from '../../../../lib/edges/artifacts';
import { MqttBus } from '../../../../lib/edges/mqtt-bus';
import { verifyingKey } from '../../../../lib/edges/protocol/keys';
import { baseTopic } from '../../../../lib/edges/protocol/topics';
import { ensureFolder } from '../../../../lib/files';
import type { Engine } from '../../../../lib/inference/engine';
import type { Serving } from '../../../../lib/inference/serving';
import type { Libraries } from '../../../../lib/pipeline/library';
import { openBlobStore } from '../../../../lib/store';
import { brokerAddress } from '../broker-address';
import type { Closers } from '../closers';
import { moduleLookup } from '../module-lookup';
import { givenToken } from '../secret-files';
import type { BrokerSettings, EdgeSettings } from '../settings';
import type { CapabilityProbe } from './capabilities';
import { openRows } from './edge-rows-part';
import { openRuns } from './edge-runs-part';
import { FlowPipelines } from './flow-pipelines';
import { type EdgePartOptions, edgeRoot } from './part-options';

export interface EdgeSideOptions extends EdgePartOptions {
  /** Where modules of function nodes are. */
  readonly userDir: string;
  readonly engine: Engine;
  readonly serving: Serving;
  readonly shelf: ModelShelf;
  readonly capabilities: CapabilityProbe;
  readonly collections: Collections;
  readonly runnerOf: EdgeRunsDeps['runnerOf'];
  readonly libraries: Libraries;
}

/** This Node-RED as an edge of a hub. */
export interface EdgeSide {
  readonly agent: EdgeAgent;
  readonly shelf: ModelShelf;
  /** The jobs of the hub, for nodes. */
  readonly hubTraining: HubTraining;
  /** Pipelines of the hub; attached to the flows once these are watched. */
  readonly flows: FlowPipelines;
  readonly settings: EdgeSettings;
}

/**
 * Starts what ran before, from the disk of this edge; broker and hub may be away. What the hub sends lies apart from
 * what this Node-RED kept as a hub, which is there again when it leaves.
 */
export async function openEdgeSide(
  options: EdgeSideOptions,
  edge: EdgeSettings,
  broker: BrokerSettings,
  opened: Closers,
): Promise<EdgeSide> {
  const { folder, clock, log, openDocuments, engine, serving, shelf, capabilities, libraries } = options;
  const hubKey = verifyingKey(edge.hubPublicKey);
  const root = edgeRoot(folder);
  const blobsPath = join(root, 'blobs');
  const tempPath = join(folder.tempPath, 'edge');
  await Promise.all([ensureFolder(blobsPath), ensureFolder(tempPath)]);
  const blobs = await openBlobStore({ path: blobsPath, tempPath, log });
  const bus: MqttBus = new MqttBus({
    broker: () => brokerAddress(broker),
    base: baseTopic(broker.topicPrefix, edge.hubId),
    // Of the data folder: a copied card has the same one, and is seen by its boot.
    clientId: `mm-edge-${folder.instanceId}`,
    clock,
    log,
    lastWill: () => agent.lastWill(),
  });
  const budget = new StorageBudget(edge.maxBytes);
  const fetcher = new ArtifactFetcher({
    bus,
    blobs,
    partialsPath: join(root, 'partials'),
    log,
    verify: (data, signature) => hubKey.verify(data, signature),
    budget,
  });
  const effects = new EngineEffects({
    blobs,
    blobsPath,
    fetcher,
    budget,
    engine,
    serving,
    shelf,
    capabilities: () => capabilities.current,
    clock,
    log,
  });
  const runs = await openRuns(options, edge, {
    bus,
    budget,
    verify: (data, signature) => hubKey.verify(data, signature),
  });
  const flows = new FlowPipelines({
    edgeName: edge.name,
    broker: await brokerAddress(broker).catch((error: unknown) => {
      log.error('broker of pipelines not known', { error });
      return undefined;
    }),
    hasModule: moduleLookup(options.userDir),
    blobs,
    fetcher,
    libraries,
    log,
  });
  const pipelines = new PipelineAgent({
    pipelines: await openDocuments('edge-agent-pipelines', PipelineState),
    libraries: await openDocuments('edge-agent-libraries', ProvidedLibrary),
    effects: flows,
    clock,
    log,
  });
  const models = await openDocuments('edge-agent-models', ModelState);
  await effects.recall(models.all().flatMap(({ running }) => running ?? []));
  const hubTraining = new HubTraining(clock);
  const rows = await openRows(options, edge, root, budget);
  const agent: EdgeAgent = new EdgeAgent({
    bus,
    stores: {
      agent: await openDocuments('edge-agent', AgentDocument),
      models,
    },
    keysPath: folder.keysPath,
    effects,
    pipelines,
    runs: runs.runs,
    hubTraining,
    rows: rows.rows,
    clock,
    log,
    settings: { ...edge, ...(await givenToken(edge, log)) },
    renewConnection: () => bus.renew(),
  });
  await agent.start();
  runs.offer((data) => agent.sign(data), rows.openArtifact);
  capabilities.start(() => agent.wake());
  bus.open();
  opened.defer(async () => {
    capabilities.stop();
    await agent.stop();
    flows.close();
    effects.close();
    await runs.close();
    await fetcher.stop();
    await bus.close();
  });
  return { agent, shelf, hubTraining, flows, settings: edge };
}
