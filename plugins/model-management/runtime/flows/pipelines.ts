import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import type { Clock } from '../../../../lib/clock';
import { ModelManagementError } from '../../../../lib/errors';
import type { Log } from '../../../../lib/log';
import { type Drawing, drawTab } from '../../../../lib/pipeline/pipelines/drawing';
import { PipelineWatch, type WatchedPipeline } from '../../../../lib/pipeline/pipelines/pipeline-watch';
import {
  type PipelineResultView,
  type PipelineRunView,
  type PipelineView,
  toPipelineView,
  toResultView,
  toRunView,
} from '../../../../lib/pipeline/pipelines/views';
import type { DocumentStore } from '../../../../lib/store';
import type { Settings } from '../settings';
import { type Deployed, FlowAdapter, pipelineNotFound, withTab } from './flow-adapter';
import { flowEntries } from './flow-entries';
import { type FlowsApi, inProcessFlows } from './flows-api';
import { httpFlows } from './http-flows';
import { PipelineTester } from './pipeline-tester';

const Result = z.object({
  runId: z.string(),
  node: z.string(),
  receivedAt: z.number(),
  topic: z.string(),
  text: z.string().nullable(),
  isCut: z.boolean(),
  state: z.enum(['pending', 'published', 'not_published']),
});

/** What lies in `pipelines.db`. */
export const PipelineDocument = z
  .object({
    _id: z.string(),
    results: z.array(Result).readonly(),
    /** It was stopped to be started again, and the latter is still to be done. */
    isRestarting: z.boolean(),
  })
  .readonly();
export type PipelineDocument = z.infer<typeof PipelineDocument>;

/** What is known beside the flows, once the data folder is open. */
export interface PipelineSurrounding {
  readonly documents: DocumentStore<PipelineDocument>;
  readonly hasModel: (name: string) => boolean;
  readonly hasLibrary: (name: string) => boolean;
  readonly settings: Settings['pipelines'];
}

const HOOKS = ['onReceive', 'onComplete'] as const;
const hookName = (hook: (typeof HOOKS)[number]): string => `${hook}.model-management`;
const STORE_MS = 5_000;

/** The pipelines of this Node-RED: watched from its start, and started and stopped through its own API. */
export class Pipelines {
  readonly #watch: PipelineWatch;
  readonly #flows: FlowAdapter;
  readonly #tester: PipelineTester;
  #surrounding: PipelineSurrounding | undefined;
  #storeTimer: NodeJS.Timeout | undefined;
  readonly #storedChanges = new Map<string, number>();
  #fault: string | undefined;
  #api: FlowsApi | undefined;
  /** Stopped by an earlier process that meant to start them again. */
  readonly #halfRestarted = new Set<string>();

  constructor(
    private readonly red: NodeAPI,
    private readonly log: Log,
    clock: Clock,
  ) {
    this.#watch = new PipelineWatch({
      readEntries: () => flowEntries(red),
      clock,
      log,
      onChange: (id) =>
        red.comms.publish('model-management/pipelines', { kind: 'pipeline', id, change: 'updated' }, false),
    });
    this.#tester = new PipelineTester(red, this.#watch);
    this.#flows = new FlowAdapter(
      { events: red.events, settings: red.settings as { safeMode?: boolean; readOnly?: boolean } },
      () => this.#flowsApi(),
    );
  }

  start(): void {
    const { hooks, events } = this.red;
    // Registering a name twice throws.
    for (const hook of HOOKS) hooks.remove(hookName(hook));
    hooks.add(hookName('onReceive'), this.#watch.onReceive as Parameters<typeof hooks.add>[1]);
    hooks.add(hookName('onComplete'), this.#watch.onComplete as Parameters<typeof hooks.add>[1]);
    events.on('flows:started', this.#onStarted);
    events.on('runtime-event', this.#onRuntimeEvent);
    this.#watch.start();
  }

  /** What was kept is taken up, and kept from now on. */
  async open(surrounding: PipelineSurrounding): Promise<void> {
    this.#surrounding = surrounding;
    const stored = surrounding.documents.all();
    const { resultCount, keepPayloads } = surrounding.settings;
    const limits = { count: resultCount, ...(keepPayloads ? {} : { textLength: 0 }) };
    this.#watch.start(
      stored.map(({ _id: id, results }) => ({ id, results })),
      limits,
    );
    this.#storeTimer = setInterval(() => {
      void this.#store();
      this.#tester.release();
    }, STORE_MS).unref();
    for (const { _id: id, isRestarting } of stored) if (isRestarting) this.#halfRestarted.add(id);
    await this.#finishRestarts();
  }

  /** Puts to the disk what is not there yet. */
  async close(): Promise<void> {
    clearInterval(this.#storeTimer);
    await this.#store();
    this.#surrounding = undefined;
  }

  stop(): void {
    const { hooks, events } = this.red;
    for (const hook of HOOKS) hooks.remove(hookName(hook));
    this.#tester.stop();
    events.off('flows:started', this.#onStarted);
    events.off('runtime-event', this.#onRuntimeEvent);
    this.#watch.stop();
  }

  list(): readonly PipelineView[] {
    const all = this.#watch.list();
    return all.map((watched) => this.#view(watched, all));
  }

  /** With its drawing. @throws {ModelManagementError} `PIPELINE_NOT_FOUND`, as everything below */
  get(id: string): PipelineView & Drawing {
    return { ...this.#view(this.#find(id), this.#watch.list()), ...drawTab(flowEntries(this.red), id) };
  }

  runs(id: string): readonly PipelineRunView[] {
    const { nodes } = this.#find(id).pipeline;
    return this.#watch.runs(id).map((run) => toRunView(run, nodes));
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  run(id: string, runId: string): PipelineRunView {
    const { nodes } = this.#find(id).pipeline;
    const run = this.#watch.run(id, runId);
    if (run) return toRunView(run, nodes, this.#watch.traceOf(runId));
    throw new ModelManagementError(
      'RUN_NOT_FOUND',
      'There is no such run.',
      'The last hundred of a pipeline are kept until Node-RED restarts.',
    );
  }

  results(id: string): readonly PipelineResultView[] {
    this.#find(id);
    return this.#watch.results(id).map(toResultView);
  }

  /** Gives a message to a node that begins runs, see `PipelineTester`. @returns the id of the run */
  test(id: string, input: unknown): string {
    return this.#tester.test(this.#find(id).pipeline, this.#fault === undefined, input);
  }

  /** @throws {ModelManagementError} `FLOWS_CHANGED`, `FLOWS_NOT_RUNNING`, as `stopPipeline` */
  startPipeline(id: string, user: string | null): Promise<Deployed> {
    return this.#setRunning(id, true, user);
  }

  stopPipeline(id: string, user: string | null): Promise<Deployed> {
    return this.#setRunning(id, false, user);
  }

  /** One that is stopped is started. */
  async restartPipeline(id: string, user: string | null): Promise<Deployed> {
    this.#find(id);
    await this.#note(id, true);
    try {
      await this.#setRunning(id, false, user);
      return await this.#setRunning(id, true, user);
    } finally {
      await this.#note(id, false);
    }
  }

  async #setRunning(id: string, isRunning: boolean, user: string | null): Promise<Deployed> {
    this.#find(id);
    const deployed = await this.#flows.deploy((entries) => withTab(entries, id, !isRunning), user);
    this.#watch.refresh();
    return deployed;
  }

  /** Once the flows are loaded. */
  async #finishRestarts(): Promise<void> {
    for (const id of this.#halfRestarted) {
      if (!this.#watch.find(id)) continue;
      this.#halfRestarted.delete(id);
      try {
        await this.#setRunning(id, true, null);
        await this.#note(id, false);
      } catch (error) {
        this.log.warn('pipeline not started again', { pipeline: id, error });
      }
    }
  }

  /** On the disk before and after a restart. */
  async #note(id: string, isRestarting: boolean): Promise<void> {
    const documents = this.#surrounding?.documents;
    const { results } = documents?.get(id) ?? { results: [] };
    await documents?.put({ _id: id, results, isRestarting });
  }

  async #store(): Promise<void> {
    const documents = this.#surrounding?.documents;
    if (!documents) return;
    const fresh = this.#watch.toStore((id, changes) => changes > 0 && this.#storedChanges.get(id) !== changes);
    for (const { id, results, changes } of fresh) {
      try {
        await documents.put({ _id: id, results: [...results], isRestarting: documents.get(id)?.isRestarting ?? false });
        this.#storedChanges.set(id, changes);
      } catch (error) {
        this.log.debug('results of a pipeline not stored', () => ({ pipeline: id, error }));
      }
    }
  }

  #view(watched: WatchedPipeline, all: readonly WatchedPipeline[]): PipelineView {
    return toPipelineView(watched, {
      hasModel: (name) => this.#surrounding?.hasModel(name) ?? true,
      hasLibrary: (name) => this.#surrounding?.hasLibrary(name) ?? true,
      othersOn: (topic) =>
        all
          .filter(
            ({ pipeline: { id, isDisabled, inbound } }) =>
              id !== watched.pipeline.id && !isDisabled && inbound.includes(topic),
          )
          .map(({ pipeline }) => pipeline.name),
      flowsFault: this.#fault,
    });
  }

  #find(id: string): WatchedPipeline {
    const found = this.#watch.find(id);
    if (!found) throw pipelineNotFound(id);
    return found;
  }

  #flowsApi(): FlowsApi {
    this.#api ??= inProcessFlows(this.red) ?? this.#overHttp();
    return this.#api;
  }

  /** As a client of ourselves: what Node-RED's own login asks for has to be in settings.js. */
  #overHttp(): FlowsApi {
    const { httpAdminRoot, adminAuth } = this.red.settings as {
      readonly httpAdminRoot?: string | false;
      readonly adminAuth?: unknown;
    };
    const token = this.#surrounding?.settings.adminToken;
    const address = (this.red as { server?: { address(): unknown } }).server?.address() as
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

  readonly #onStarted = (): void => {
    this.#fault = undefined;
    this.#watch.refresh();
    void this.#finishRestarts();
  };

  readonly #onRuntimeEvent = (event: unknown): void => {
    const { id, payload } = event as {
      readonly id?: string;
      readonly payload?: { readonly state?: string; readonly error?: string; readonly types?: readonly string[] };
    };
    if (id !== 'runtime-state' || !payload?.state || payload.state === 'start') return;
    this.#fault = faultOf(payload.error, payload.types);
    this.#watch.refresh();
  };
}

function faultOf(error: string | undefined, types: readonly string[] = []): string {
  if (error === 'missing-types')
    return `No flow runs, because node types are missing: ${types.slice(0, 10).join(', ')}.`;
  if (error === 'safe-mode') return 'No flow runs: Node-RED is in safe mode.';
  return error ? `No flow runs: ${error}.` : 'All flows are stopped.';
}
