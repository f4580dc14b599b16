import { unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Clock } from '../../../lib/clock';
import type { Collections, Sources } from '../../../lib/collections';
import { ModelShelf } from '../../../lib/edges/agent/model-shelf';
import { trainingFeatures } from '../../../lib/edges/hub/edge-standing';
import { PipelineRevisionDocument } from '../../../lib/edges/hub/pipelines/deployment-documents';
import { namesFile } from '../../../lib/edges/hub/pipelines/revisions';
import { RowIntake } from '../../../lib/edges/hub/rows/row-intake';
import { EdgeTriggers } from '../../../lib/edges/hub/runs/edge-triggers';
import { ModelManagementError } from '../../../lib/errors';
import type { Engine } from '../../../lib/inference/engine';
import { createEngine } from '../../../lib/inference/processes/process-engine';
import type { ModelSource } from '../../../lib/inference/served-version';
import { Serving } from '../../../lib/inference/serving';
import type { Log } from '../../../lib/log';
import { Libraries, RevisionDocument } from '../../../lib/pipeline/library';
import { PipelineDocument, PipelineDocuments } from '../../../lib/pipeline/pipelines/pipeline-documents';
import type { ModelFault } from '../../../lib/pipeline/pipelines/problems';
import {
  AuditDocument,
  digestsOf,
  effectiveSignature,
  ModelDocument,
  Registry,
  VersionDocument,
} from '../../../lib/registry';
import type { Version } from '../../../lib/registry/types';
import { openBlobStore, openDataFolder, openDocumentStore } from '../../../lib/store';
import { noEdges, type Training } from '../../../lib/training';
import { BrokerLink } from './broker-link';
import { Closers } from './closers';
import { DockerProbe } from './docker-probe';
import { CapabilityProbe } from './edges/capabilities';
import type { EdgeRole } from './edges/edge-role';
import { putRunsAway } from './edges/edge-runs-part';
import { type EdgeSide, openEdgeSide } from './edges/edge-side';
import { type HubSide, openHubSide } from './edges/hub-side';
import {
  type AssignedModels,
  faultOfAssigned,
  faultOfFile,
  faultOfKept,
  faultOfRoute,
  type KeptModels,
} from './model-faults';
import { stageModelFile } from './model-file-source';
import type { Settings } from './settings';
import { dockerClient, openTraining } from './training-services';

/** Everything the routes and nodes work with; built once per process by the composition root. */
export interface Services {
  readonly packageVersion: string;
  readonly instanceId: string;
  readonly hasAdminAuth: boolean;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly engine: Engine;
  readonly serving: Serving;
  readonly libraries: Libraries;
  readonly collections: Collections;
  readonly sources: Sources;
  readonly training: Training;
  /** What is kept of pipelines. */
  readonly pipelineDocuments: PipelineDocuments;
  /** For what an answer is made of; emptied at every start. */
  readonly tempPath: string;
  readonly docker: DockerProbe;
  readonly broker: BrokerLink;
  /** Of a hub that has a broker. */
  readonly edges: HubSide | undefined;
  /** Of an edge. */
  readonly edge: EdgeSide | undefined;
  readonly capabilities: CapabilityProbe;
  /** What this Node-RED is, and will be after the next start. */
  readonly role: EdgeRole;
  /** What the engine needs to load a version. */
  sourceOf(version: Version): ModelSource;
  /**
   * What answers here for a model: of the registry, or what the hub assigned to this edge.
   * @throws {ModelManagementError} `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`; `VERSION_NOT_ON_EDGE`
   */
  findSource(model: string, ref: string): ModelSource;
  /** Why nothing answers here under that name and alias or number; undefined where something does, or will. */
  modelFault(model: string, ref: string): ModelFault | undefined;
  /** Why no model file of this path answers; undefined where one does, or will in a moment. */
  fileFault(path: string): ModelFault | undefined;
  /** Numbers of the versions that may be asked here. @throws as {@link findSource} */
  versionsOf(model: string): readonly number[];
  /** @throws {ModelManagementError} `STORAGE_CORRUPT` when a file of the version is gone from the disk */
  requireFiles(version: Version): Promise<void>;
  /** Idempotent; ends the processes of all models and gives the data folder free. */
  close(): Promise<void>;
}

export interface ServicesOptions {
  readonly settings: Settings;
  readonly role: EdgeRole;
  /** Model files of nodes lie below it. */
  readonly userDir: string;
  readonly packageVersion: string;
  readonly nodeRedVersion: string;
  readonly hasAdminAuth: boolean;
  readonly log: Log;
  readonly clock: Clock;
}

const libPath = join(__dirname, '..', '..', '..', 'lib');
const processPath = join(libPath, 'inference', 'child', 'engine-process.js');
const trialWorkerPath = join(libPath, 'pipeline', 'library', 'trial-worker.js');
const filePollMs = 1_000;

/**
 * Opens data folder, engine, registry, libraries, collections and jobs, in this order; what was opened is closed again when a later step fails.
 * @throws {ModelManagementError} `DATA_DIR_LOCKED`, `DATA_TOO_NEW`, `STORAGE_CORRUPT`, `STORAGE_FAILED`, `STORAGE_FULL`
 */
export async function openServices(options: ServicesOptions): Promise<Services> {
  const opened = new Closers();
  try {
    return await buildServices(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function buildServices(options: ServicesOptions, opened: Closers): Promise<Services> {
  const { settings, log, clock } = options;
  const folder = await openDataFolder({ path: settings.dataDir, log, clock });
  opened.defer(() => folder.close());
  const engine = createEngine({
    options: settings.engine,
    processPath,
    tempPath: join(folder.tempPath, 'engine'),
    runtimePaths: [options.userDir],
    log,
    clock,
  });
  opened.defer(() => engine.close());
  const blobs = await openBlobStore({ path: folder.blobsPath, tempPath: folder.tempPath, log });
  const sourceOf = (version: Version): ModelSource => ({
    model: version.model,
    version: version.version,
    digest: version.digest,
    ...registry.filesOf(version),
    signature: effectiveSignature(version),
    ...(version.labels ? { labels: version.labels } : {}),
    ...(version.features ? { features: version.features } : {}),
  });
  const shelf = new ModelShelf();
  const serving: Serving = new Serving({
    engine,
    log,
    findVersion: (model, ref) => {
      // What this Node-RED kept as a hub rests while it is an edge.
      if (settings.role === 'edge') return shelf.get(model, ref);
      const version = registry.findVersion(model, ref);
      return version && sourceOf(version);
    },
    stageFile: (path) =>
      stageModelFile(path, { userDir: options.userDir, blobs, engine, maxBytes: settings.maxModelSizeBytes }),
    watchFile: (path, onChange) => {
      const absolute = join(options.userDir, path);
      watchFile(absolute, { interval: filePollMs, persistent: false }, onChange);
      return () => unwatchFile(absolute, onChange);
    },
  });
  opened.defer(() => serving.close());
  const openDocuments = async <T extends { readonly _id: string }>(name: string, schema: z.ZodType<T>) => {
    const store = await openDocumentStore<T>({ path: folder.dbPath, name, log, parse: (raw) => schema.parse(raw) });
    opened.defer(() => store.close());
    return store;
  };
  /** What is opened after those who ask for it. */
  const parts: { training?: Training; edges?: HubSide } = {};
  const revisions = await openDocuments('pipeline-revisions', PipelineRevisionDocument);
  const registry: Registry = await Registry.open({
    documents: {
      models: await openDocuments('models', ModelDocument),
      versions: await openDocuments('versions', VersionDocument),
      audit: await openDocuments('audit', AuditDocument),
    },
    blobs,
    clock,
    log,
    testLoad: (files, signal) =>
      engine.probe({ key: files.modelPath, model: 'upload', version: null, ...files }, signal),
    prepareAlias: ({ model, alias, version }) => serving.prepareAlias(model, alias, sourceOf(version)),
    usage: (model) => [
      ...serving.followersOf(model),
      ...(parts.training?.uses.ofModel(model) ?? []),
      ...(parts.edges?.hub.usage(model) ?? []),
    ],
    edges: (model) => parts.edges?.hub.modelEdges(model) ?? [],
    // Until the jobs are read, nothing tells that a file is not theirs.
    isNamedElsewhere: (digest) => (parts.training?.uses.ofBlob(digest) ?? true) || namesFile(revisions, digest),
    maxModelSizeBytes: settings.maxModelSizeBytes,
  });
  opened.defer(registry.onChange(({ name }) => serving.modelChanged(name)));
  const libraries = Libraries.open({
    documents: await openDocuments('libraries', RevisionDocument),
    clock,
    log,
    modules: settings.libraries.modules,
    modulesPath: options.userDir,
    workerPath: trialWorkerPath,
  });
  opened.defer(() => libraries.close());
  const openDocker = dockerClient(settings);
  const pipelineDocuments = new PipelineDocuments(await openDocuments('pipelines', PipelineDocument), clock);
  const part = { settings, folder, clock, log, openDocuments };
  // Before the jobs, which may train on an edge.
  if (settings.role === 'hub' && settings.broker) {
    parts.edges = await openHubSide({ ...part, registry, blobs, libraries, revisions }, settings.broker, opened);
  }
  const { collections, sources, training, runnerOf } = await openTraining(
    { ...part, registry, blobs, openDocker, edges: parts.edges?.runs ?? noEdges },
    opened,
  );
  parts.training = training;
  if (parts.edges) {
    const triggers = new EdgeTriggers({ hub: parts.edges.hub, training, clock, log });
    const { hub, rowsOf: fetcherOf } = parts.edges;
    const intake = new RowIntake({ hub, collections, fetcherOf, accept: settings.edges.acceptRows, log });
    opened.defer(async () => {
      triggers.close();
      intake.close();
    });
  }
  const broker = new BrokerLink(settings.broker, log);
  opened.defer(() => broker.close());
  await broker.open();
  const docker = new DockerProbe(openDocker, clock);
  const { packageVersion, nodeRedVersion } = options;
  const features = trainingFeatures(settings.training.allowProcessRunner);
  const capabilities = new CapabilityProbe({ packageVersion, nodeRedVersion, engine, docker, features });
  let edge: EdgeSide | undefined;
  if (settings.role === 'edge' && settings.edge && settings.broker) {
    const own = {
      ...part,
      userDir: options.userDir,
      engine,
      serving,
      shelf,
      capabilities,
      libraries,
      collections,
      runnerOf,
    };
    edge = await openEdgeSide(own, settings.edge, settings.broker, opened);
  } else {
    opened.defer(() => capabilities.stop());
    await putRunsAway({ ...part, collections, runnerOf }, opened);
  }
  const kept: KeptModels = {
    hasModel: (model) => registry.findModel(model) !== undefined,
    hasVersion: (model, ref) => registry.findVersion(model, ref) !== undefined,
  };
  const assigned: AssignedModels = { shelf, own: () => edge?.agent.models() ?? [] };
  const missing = (model: string, ref: string): ModelFault | undefined =>
    settings.role === 'edge' ? faultOfAssigned(assigned, model, ref) : faultOfKept(kept, model, ref);
  return {
    packageVersion: options.packageVersion,
    instanceId: folder.instanceId,
    hasAdminAuth: options.hasAdminAuth,
    settings,
    registry,
    engine,
    serving,
    libraries,
    collections,
    sources,
    training,
    pipelineDocuments,
    tempPath: folder.tempPath,
    docker,
    broker,
    edges: parts.edges,
    edge,
    capabilities,
    role: options.role,
    sourceOf,
    findSource: (model, ref) => (edge ? shelf.require(model, ref) : sourceOf(registry.getVersion(model, ref))),
    modelFault: (model, ref) => missing(model, ref) ?? faultOfRoute(serving.stateOf(model, ref)),
    fileFault: (path) => faultOfFile(path, serving.fileStateOf(path)),
    versionsOf: (model) =>
      edge ? shelf.versionsOf(model) : registry.listVersions(model).map(({ version }) => version),
    requireFiles: async (version) => {
      for (const digest of digestsOf(version)) {
        if (await blobs.has(digest)) continue;
        throw new ModelManagementError(
          'STORAGE_CORRUPT',
          `The file ${digest} of version ${version.version} of ${version.model} is gone from the data folder.`,
          'Restore it from a backup, or upload the same file again with allowDuplicate=true.',
          { details: { digest } },
        );
      }
    },
    close: () => opened.close(),
  };
}
