import { join } from 'node:path';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { Clock } from '../../../lib/clock';
import { Collections, type DataSource, SourceDocument, Sources } from '../../../lib/collections';
import type { Log } from '../../../lib/log';
import type { Registry } from '../../../lib/registry';
import { type BlobStore, type DataFolder, type DocumentStore, Secrets } from '../../../lib/store';
import {
  DockerRunner,
  dockerOptions,
  JobDocument,
  ProcessRunner,
  RunDocument,
  Training,
  type TrainingDeps,
  type TrainingEdges,
} from '../../../lib/training';
import type { Closers } from './closers';
import { readSecretFile, readSettingsFile } from './secret-files';
import type { Settings, SourceSettings } from './settings';

const processFolder = join(__dirname, '..', '..', '..', 'lib', 'collections', 'child');

const EnvironmentUse = z.object({ _id: z.string(), usedAt: z.int() }).readonly();
type EnvironmentUse = z.infer<typeof EnvironmentUse>;

export interface TrainingServicesOptions {
  readonly settings: Settings;
  readonly folder: DataFolder;
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly openDocker: () => Promise<Docker>;
  readonly edges: TrainingEdges;
  openDocuments<T extends { readonly _id: string }>(name: string, schema: z.ZodType<T>): Promise<DocumentStore<T>>;
}

export interface TrainingServices {
  readonly collections: Collections;
  readonly sources: Sources;
  readonly training: Training;
  /** Where scripts run on this machine. */
  readonly runnerOf: TrainingDeps['runnerOf'];
}

/** Opens collections and jobs; what is opened is closed by `opened`. */
export async function openTraining(
  { settings, folder, registry, blobs, clock, log, openDocker, edges, openDocuments }: TrainingServicesOptions,
  opened: Closers,
): Promise<TrainingServices> {
  const { training: given } = settings;
  const documents = { jobs: await openDocuments('jobs', JobDocument), runs: await openDocuments('runs', RunDocument) };
  const environments = await openDocuments<EnvironmentUse>('environments', EnvironmentUse);
  const secrets = await Secrets.open(folder.keysPath);
  const sources: Sources = new Sources({
    fixed: await dataSources(settings.sources),
    documents: await openDocuments('sources', SourceDocument),
    secrets,
    usage: (name) => training.uses.ofSource(name),
  });
  const collections: Collections = new Collections({
    path: join(folder.path, 'collections.sqlite'),
    tempPath: folder.tempPath,
    processFolder,
    log,
    sources,
    usage: (name) => training.uses.ofCollection(name),
  });
  opened.defer(() => collections.close());
  const caPem = given.caFile === undefined ? undefined : await readSettingsFile(given.caFile, 'training.caFile');
  const openRunner = once(
    async () =>
      new DockerRunner(await openDocker(), {
        instanceId: folder.instanceId,
        env: given.env,
        caPem,
        pipIndexUrl: given.pipIndexUrl,
        installNetwork: given.installNetwork,
        onEnvironmentUsed: (key) => environments.put({ _id: key, usedAt: clock.now() }),
        environmentUsedAt: (key) => environments.get(key)?.usedAt,
      }),
  );
  const processes = new ProcessRunner({
    runsPath: folder.runsPath,
    environmentsPath: join(folder.path, 'environments'),
    isAllowed: given.allowProcessRunner,
    env: given.env,
    caFile: given.caFile,
    pipIndexUrl: given.pipIndexUrl,
  });
  const runnerOf: TrainingDeps['runnerOf'] = async (kind) => (kind === 'docker' ? openRunner() : processes);
  const training: Training = Training.open({
    documents,
    registry,
    collections,
    blobs,
    runnerOf,
    edges,
    sources,
    secrets,
    runsPath: folder.runsPath,
    clock,
    log,
    maxConcurrentRuns: given.maxConcurrentRuns,
    defaultImage: given.image,
    retention: given.retention,
    isResting: settings.role === 'edge',
  });
  opened.defer(() => training.close());
  return { collections, sources, training, runnerOf };
}

/** One client of the Docker engine for all; loaded when somebody asks for it, not when Node-RED starts. */
export const dockerClient = (settings: Settings): (() => Promise<Docker>) =>
  once(async () => {
    const { default: Client } = await import('dockerode');
    return new Client(dockerOptions(settings.docker));
  });

/** Done at the first call; one that failed is done again at the next. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}

async function dataSources(sources: Settings['sources']): Promise<Readonly<Record<string, DataSource>>> {
  const entries = Object.entries(sources).map(
    async ([name, source]) => [name, await dataSource(name, source)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function dataSource(name: string, source: SourceSettings): Promise<DataSource> {
  const { kind, passwordFile, watermarkColumn, timeoutMs, ...options } = source;
  const password =
    passwordFile === undefined ? {} : { password: await readSecretFile(passwordFile, `sources.${name}.passwordFile`) };
  return { kind, options: { ...options, ...password }, watermarkColumn, timeoutMs };
}
