import type { NodeAPI } from 'node-red';
import type { Clock } from '../../../../lib/clock';
import { ModelManagementError } from '../../../../lib/errors';
import type { Log } from '../../../../lib/log';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { type Drawing, drawTab } from '../../../../lib/pipeline/pipelines/drawing';
import type { PipelineDocuments, SavedTest } from '../../../../lib/pipeline/pipelines/pipeline-documents';
import { PipelineWatch, type WatchedPipeline } from '../../../../lib/pipeline/pipelines/pipeline-watch';
import {
  type DuplicateOptions,
  duplicateTab,
  entriesOfTab,
  pipelineNotFound,
  withoutTab,
  withTab,
} from '../../../../lib/pipeline/pipelines/tab-changes';
import {
  type PipelineNodeView,
  type PipelineResultView,
  type PipelineRunView,
  type PipelineView,
  toNodeView,
  toPipelineView,
  toResultView,
  toRunView,
} from '../../../../lib/pipeline/pipelines/views';
import type { Settings } from '../settings';
import { type Deployed, FlowAdapter } from './flow-adapter';
import { flowEntries } from './flow-entries';
import { type FlowsApi, inProcessFlows } from './flows-api';
import { ownFlowsOverHttp } from './http-flows';
import { PipelineTester } from './pipeline-tester';

/** What is known beside the flows, once the data folder is open. */
export interface PipelineSurrounding {
  readonly documents: PipelineDocuments;
  readonly hasModel: (name: string) => boolean;
  readonly hasLibrary: (name: string) => boolean;
  readonly settings: Settings['pipelines'];
}

const HOOKS = ['onReceive', 'onComplete'] as const;
const hookName = (hook: (typeof HOOKS)[number]): string => `${hook}.model-management`;
const STORE_MS = 5_000;
/** Of Node-RED's log: errors, and what is worse. */
const ERROR_LEVEL = 20;

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
  /** Node-RED hands what is logged to whatever looks like an emitter. */
  readonly #logHandler = { emit: (_event: 'log', entry: LogEntry): void => this.#onLogged(entry) };

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
    this.#redLog.addHandler(this.#logHandler);
    this.#watch.start();
  }

  /** What was kept is taken up, and kept from now on. */
  async open(surrounding: PipelineSurrounding): Promise<void> {
    this.#surrounding = surrounding;
    const { documents } = surrounding;
    const { resultCount, keepPayloads } = surrounding.settings;
    const limits = { count: resultCount, ...(keepPayloads ? {} : { textLength: 0 }) };
    this.#watch.recall(documents.results, limits);
    this.#storeTimer = setInterval(() => {
      void this.#store();
      this.#tester.release();
    }, STORE_MS).unref();
    for (const id of documents.restarting) this.#halfRestarted.add(id);
    await this.#finishRestarts();
    await this.#prune();
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
    this.#redLog.removeHandler(this.#logHandler);
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
    if (run) return toRunView(run, nodes, this.#watch.traces.of(runId));
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

  /** Times and payloads of its nodes; they are taken for as long as somebody asks for them. */
  nodes(id: string): readonly PipelineNodeView[] {
    const { nodes } = this.#find(id).pipeline;
    return this.#watch.figures(id).map((figures) => toNodeView(figures, nodes));
  }

  /** Inputs to test it with, by name. */
  tests(id: string): readonly SavedTest[] {
    this.#find(id);
    return this.#documents().tests(id);
  }

  /** @throws as `PipelineDocuments.keepTest` */
  async keepTest(id: string, test: SavedTest): Promise<void> {
    this.#find(id);
    await this.#documents().keepTest(id, test);
  }

  /** @throws {ModelManagementError} `TEST_NOT_FOUND` */
  async deleteTest(id: string, name: string): Promise<void> {
    this.#find(id);
    await this.#documents().deleteTest(id, name);
  }

  /** A copy to import beside it. Nothing is deployed. */
  duplicate(id: string, options: DuplicateOptions): readonly FlowEntry[] {
    this.#find(id);
    return duplicateTab(flowEntries(this.red), id, options);
  }

  /** Gives a message to a node that begins runs, see `PipelineTester`. @returns the id of the run */
  test(id: string, input: unknown): string {
    return this.#tester.test(this.#find(id).pipeline, this.#fault === undefined, input);
  }

  /** @throws {ModelManagementError} `FLOWS_CHANGED`, `FLOWS_NOT_RUNNING`, as `stopPipeline` */
  async startPipeline(id: string, user: string | null): Promise<Deployed> {
    return this.#setRunning(id, true, user);
  }

  async stopPipeline(id: string, user: string | null): Promise<Deployed> {
    return this.#setRunning(id, false, user);
  }

  /** One that is stopped is started. */
  async restartPipeline(id: string, user: string | null): Promise<Deployed> {
    this.#find(id);
    const documents = this.#documents();
    await documents.noteRestarting(id, true);
    try {
      await this.#setRunning(id, false, user);
      return await this.#setRunning(id, true, user);
    } finally {
      await documents.noteRestarting(id, false);
    }
  }

  /** @returns what was deleted, as it may be imported again @throws as `stopPipeline`; `FLOW_LOCKED` */
  async deletePipeline(id: string, user: string | null): Promise<Deployed & { readonly flow: readonly FlowEntry[] }> {
    this.#find(id);
    let flow: readonly FlowEntry[] = [];
    const deployed = await this.#flows.deploy((entries) => {
      flow = entriesOfTab(entries, id);
      return withoutTab(entries, id);
    }, user);
    return { ...deployed, flow };
  }

  #setRunning(id: string, isRunning: boolean, user: string | null): Promise<Deployed> {
    this.#find(id);
    return this.#flows.deploy((entries) => withTab(entries, id, !isRunning), user);
  }

  /** Once the flows are loaded. */
  async #finishRestarts(): Promise<void> {
    for (const id of this.#halfRestarted) {
      if (!this.#watch.find(id)) continue;
      this.#halfRestarted.delete(id);
      try {
        await this.#setRunning(id, true, null);
        await this.#documents().noteRestarting(id, false);
      } catch (error) {
        this.log.warn('pipeline not started again', { pipeline: id, error });
      }
    }
  }

  /** @throws {ModelManagementError} `NOT_READY` before the data folder is open */
  #documents(): PipelineDocuments {
    if (this.#surrounding) return this.#surrounding.documents;
    throw new ModelManagementError('NOT_READY', 'The data folder is not open yet.', 'Try again in a moment.');
  }

  /** What is kept of tabs that are gone is forgotten in time. Without flows nothing is known of what is gone. */
  async #prune(): Promise<void> {
    const documents = this.#surrounding?.documents;
    let tabs: readonly FlowEntry[];
    try {
      tabs = flowEntries(this.red).filter(({ type }) => type === 'tab');
    } catch {
      return;
    }
    if (tabs.length === 0) return;
    try {
      await documents?.prune(new Set(tabs.map(({ id }) => id)));
    } catch (error) {
      this.log.debug('what is kept of pipelines not tidied', () => ({ error }));
    }
  }

  async #store(): Promise<void> {
    const documents = this.#surrounding?.documents;
    if (!documents) return;
    const fresh = this.#watch.toStore((id, changes) => changes > 0 && this.#storedChanges.get(id) !== changes);
    for (const { id, results, changes } of fresh) {
      try {
        await documents.keepResults(id, results);
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
    this.#api ??= inProcessFlows(this.red) ?? ownFlowsOverHttp(this.red, this.#surrounding?.settings.adminToken);
    return this.#api;
  }

  /** Not in the types of Node-RED. */
  get #redLog(): { addHandler(handler: object): void; removeHandler(handler: object): void } {
    return this.red.log as never;
  }

  #onLogged({ id, level, msg }: LogEntry): void {
    if (typeof id === 'string' && level !== undefined && level <= ERROR_LEVEL) this.#watch.onErrorLogged(id, msg);
  }

  readonly #onStarted = (): void => {
    this.#fault = undefined;
    this.#watch.refresh();
    void this.#finishRestarts().then(() => this.#prune());
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

/** @see https://nodered.org/docs/user-guide/runtime/logging */
interface LogEntry {
  readonly level?: number;
  /** Runtime id of the node that said it. */
  readonly id?: unknown;
  readonly msg?: unknown;
}

function faultOf(error: string | undefined, types: readonly string[] = []): string {
  if (error === 'missing-types')
    return `No flow runs, because node types are missing: ${types.slice(0, 10).join(', ')}.`;
  if (error === 'safe-mode') return 'No flow runs: Node-RED is in safe mode.';
  return error ? `No flow runs: ${error}.` : 'All flows are stopped.';
}
