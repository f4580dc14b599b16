import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { systemClock } from '../../../lib/clock';
import { collectionsSlot } from '../../../lib/collections';
import { asModelManagementError, ModelManagementError } from '../../../lib/errors';
import { servingSlot } from '../../../lib/inference/serving';
import type { Log } from '../../../lib/log';
import { modelKey } from '../../../lib/names';
import { librariesSlot } from '../../../lib/pipeline/library';
import { trainingSlot } from '../../../lib/training';
import { AdminRouter } from './admin-router';
import { EdgeRole } from './edges/edge-role';
import { atMostEachSecond } from './edges/throttle';
import { watchFlows } from './flow-watch';
import { Pipelines } from './flows/pipelines';
import { scheduleGarbageCollection } from './maintenance';
import { nodeRedLog } from './node-red-log';
import { registerOpenInferenceRoutes } from './open-inference-routes';
import { registerRoutes } from './routes';
import { openServices, type Services } from './services';
import { parseSettings, type Settings } from './settings';

const lockRetryMs = 5_000;

/** Waiting for these may help: another process gives the folder free, or somebody makes room. */
const passing = new Set(['DATA_DIR_LOCKED', 'STORAGE_FULL', 'STORAGE_FAILED']);

interface HostSettings {
  readonly userDir?: string;
  readonly adminAuth?: unknown;
  readonly modelManagement?: unknown;
  readonly httpNodeAuth?: unknown;
  readonly httpNodeRoot?: string;
  readonly httpNodeMiddleware?: RequestHandler | readonly RequestHandler[];
}

/**
 * The composition root: opens the services once per process, hands them to nodes (by their slots) and routes, and tries
 * again while another Node-RED holds the data folder.
 */
class ModelManagement {
  private services: Services | undefined;
  private settings: Settings | undefined;
  private error: ModelManagementError | undefined;
  private opening: Promise<void> = Promise.resolve();
  private retryTimer: NodeJS.Timeout | undefined;
  private stopCollecting = (): void => undefined;
  private stopWatchingFlows = (): void => undefined;
  private isRemoved = false;
  private hasOpenInference = false;
  private readonly log: Log;
  private readonly host: HostSettings;
  private readonly pipelines: Pipelines;
  /** Other flows are other users of models and libraries, which open editors show. */
  private readonly announceUsage = (): void => {
    this.red.comms.publish('model-management/models', { kind: 'usage' }, false);
    this.red.comms.publish('model-management/libraries', { kind: 'usage' }, false);
  };

  constructor(private readonly red: NodeAPI) {
    this.log = nodeRedLog(red);
    this.host = red.settings as HostSettings;
    this.pipelines = new Pipelines(red, this.log, systemClock);
  }

  private get userDir(): string {
    return this.host.userDir ?? process.cwd();
  }

  start(): void {
    this.stopWatchingFlows = watchFlows(this.red, this.log);
    this.pipelines.start();
    this.registerRoutes();
    this.opening = this.open();
  }

  async stop(): Promise<void> {
    this.isRemoved = true;
    this.red.events.off('flows:started', this.announceUsage);
    clearTimeout(this.retryTimer);
    this.stopCollecting();
    this.stopWatchingFlows();
    this.pipelines.stop();
    servingSlot.clear();
    librariesSlot.clear();
    collectionsSlot.clear();
    trainingSlot.clear();
    const { services } = this;
    this.services = undefined;
    await this.pipelines.close();
    await services?.close();
  }

  /** Never rejects. */
  private async open(): Promise<void> {
    try {
      const { userDir } = this;
      // Kept at once: the origin check needs them before the services are there.
      this.settings ??= parseSettings(this.host.modelManagement, userDir);
      const role = await EdgeRole.open(this.host.modelManagement, this.settings, userDir);
      const { settings } = role;
      if (settings.openInference.enabled) this.offerOpenInference();
      const packageFile = join(__dirname, '..', '..', '..', '..', 'package.json');
      const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
      const services = await openServices({
        settings,
        role,
        userDir,
        packageVersion: version,
        nodeRedVersion: await this.red.version(),
        hasAdminAuth: Boolean(this.host.adminAuth),
        log: this.log,
        clock: systemClock,
      });
      if (this.isRemoved) return await services.close();
      this.serve(services);
    } catch (error) {
      this.refuse(asModelManagementError(error));
    }
  }

  private serve(services: Services): void {
    this.services = services;
    this.error = undefined;
    services.registry.onChange(({ kind, name, change }) => {
      this.red.comms.publish('model-management/models', { kind, name, change }, false);
    });
    services.libraries.onChange(({ name, change }) => {
      this.red.comms.publish('model-management/libraries', { kind: 'library', name, change }, false);
    });
    services.collections.onChange(({ name, change }) => {
      this.red.comms.publish('model-management/collections', { kind: 'collection', name, change }, false);
    });
    services.training.onChange((change) => {
      const topic = change.kind === 'job' ? 'jobs' : 'runs';
      this.red.comms.publish(`model-management/${topic}`, change, false);
    });
    const tellEdges = (name: string): void =>
      this.red.comms.publish('model-management/edges', { kind: 'edge', name, change: 'updated' }, false);
    services.edges?.hub.onChange(atMostEachSecond(tellEdges));
    const tellAssignment = (name: string): void =>
      this.red.comms.publish('model-management/models', { kind: 'usage', name, change: 'updated' }, false);
    services.edges?.hub.rollouts.onChange((id) => {
      this.red.comms.publish('model-management/rollouts', { kind: 'rollout', id, change: 'updated' }, false);
    });
    services.edges?.hub.onAssignment(atMostEachSecond(tellAssignment));
    services.edge?.agent.onChange(() => tellEdges(services.edge?.settings.name ?? ''));
    this.red.events.on('flows:started', this.announceUsage);
    this.stopCollecting = scheduleGarbageCollection(services.registry, this.log);
    servingSlot.provide(services.serving);
    librariesSlot.provide(services.libraries);
    collectionsSlot.provide(services.collections);
    trainingSlot.provide(services.edge?.hubTraining ?? services.training);
    this.keepPipelines(services);
    const modelChanged = (name: string): void =>
      this.pipelines.usesChanged(({ models }) => models.some((model) => modelKey(model) === modelKey(name)));
    services.registry.onChange(({ name }) => modelChanged(name));
    services.serving.onChange(({ kind, model }) => {
      if (kind === 'model') modelChanged(model);
      else this.pipelines.usesChanged(({ files }) => files.includes(model));
    });
    services.libraries.onChange(({ name }) => this.pipelines.usesChanged(({ libraries }) => libraries.includes(name)));
    this.log.info('model management started', { dataDir: services.settings.dataDir });
  }

  private keepPipelines(services: Services): void {
    const { libraries, settings, pipelineDocuments: documents, edges, edge } = services;
    this.pipelines
      .open({
        documents,
        settings: settings.pipelines,
        modelFault: (model, ref) => services.modelFault(model, ref),
        fileFault: (path) => services.fileFault(path),
        hasLibrary: (name) => libraries.has(name),
        hasLibraryModules: settings.libraries.modules.length > 0,
        edgesOf: (id) => edges?.hub.pipelines.edgesOf(id) ?? [],
        ...(edges && {
          keptElsewhere: {
            ids: () => edges.hub.pipelines.idle(),
            forget: (id) => edges.hub.pipelines.forget(id),
          },
        }),
      })
      .then(() => edge?.flows.attach(this.pipelines))
      .catch((error: unknown) => this.log.error('pipelines not taken up', { error }));
  }

  /** Once: routes of Express stay. */
  private offerOpenInference(): void {
    const { httpNode } = this.red;
    if (this.hasOpenInference) return;
    this.hasOpenInference = true;
    if (!httpNode) {
      this.log.warn('no Open Inference Protocol: httpNodeRoot is false in settings.js', {});
      return;
    }
    const { httpNodeAuth, httpNodeRoot = '/', httpNodeMiddleware = [] } = this.host;
    if (!httpNodeAuth)
      this.log.warn('the Open Inference Protocol is open to all: httpNodeAuth is not set in settings.js', {});
    registerOpenInferenceRoutes({
      httpNode,
      httpAdmin: this.red.httpAdmin,
      nodeRoot: httpNodeRoot,
      middleware: httpNodeMiddleware,
      services: () => this.availableServices(),
      log: this.log,
    });
  }

  private refuse(error: ModelManagementError): void {
    if (this.error?.code !== error.code)
      this.log.error('model management not started', { code: error.code, message: error.message, hint: error.hint });
    this.error = error;
    servingSlot.fail(error);
    librariesSlot.fail(error);
    collectionsSlot.fail(error);
    trainingSlot.fail(error);
    if (this.isRemoved || !passing.has(error.code)) return;
    this.retryTimer = setTimeout(() => {
      this.opening = this.open();
    }, lockRetryMs);
    this.retryTimer.unref();
  }

  /** @throws {ModelManagementError} when they are not to be had now, with the reason */
  private async availableServices(): Promise<Services> {
    // A request may come before the start is over: let it wait instead of failing it. The error of an earlier try
    // stands while a later one is under way.
    if (!this.services && !this.error) await this.opening;
    if (this.services) return this.services;
    throw this.error ?? new ModelManagementError('STOPPED', 'Model Management has stopped.', 'Restart Node-RED.');
  }

  private registerRoutes(): void {
    const router = new AdminRouter({
      httpAdmin: this.red.httpAdmin,
      needsPermission: (permission) => this.red.auth.needsPermission(permission),
      allowedOrigins: () => this.settings?.allowedOrigins ?? [],
      services: () => this.availableServices(),
      log: this.log,
    });
    registerRoutes(router, this.pipelines);
    router.finish();
  }
}

export default function register(red: NodeAPI): void {
  const management = new ModelManagement(red);
  red.plugins.registerPlugin('model-management', {
    type: 'model-management',
    onadd: () => management.start(),
    onremove: () => {
      management.stop().catch((error: unknown) => red.log.error(String(error)));
    },
  } as Parameters<NodeAPI['plugins']['registerPlugin']>[1]);
}
